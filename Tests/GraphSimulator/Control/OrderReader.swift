import LenientJSON

/// Reads orders that come as JSON over HTTP.
struct OrderReader {
    let root: JSONValue

    /// - Parameter read: Gets the document; an array is read element by element.
    static func each<Order: Sendable>(
        _ body: [UInt8], _ read: (OrderReader) throws(ControlRefusal) -> Order
    ) throws(ControlRefusal) -> [Order] {
        var parser = JSONParser()
        let outcome: Result<[Order], ControlRefusal>? = try? parser.withDocument(body) { root in
            do throws(ControlRefusal) {
                guard root.isArray else { return .success([try read(OrderReader(root: root))]) }
                var orders: [Order] = []
                for element in root.elements { orders.append(try read(OrderReader(root: element))) }
                return .success(orders)
            } catch {
                return .failure(error)
            }
        }
        guard let outcome else { throw ControlRefusal(problem: "the body is not JSON") }
        return try outcome.get()
    }

    func text(_ name: String) -> String? { root[name]?.lenientText }

    func required(_ name: String) throws(ControlRefusal) -> String {
        guard let text = text(name), !text.isEmpty else { throw ControlRefusal(problem: "\(name) is missing") }
        return text
    }

    func integer(_ name: String) -> Int? { root[name]?.lenientInt64.flatMap(Int.init(exactly:)) }
    func flag(_ name: String) -> Bool { root[name]?.lenientBool ?? false }
    func isThere(_ name: String) -> Bool { root[name] != nil }

    func texts(_ name: String) -> [String]? {
        guard let array = root[name], array.isArray else { return nil }
        return array.elements.compactMap { $0.string }
    }

    /// `{"effect":"refuse","code":130429,"retry_after":7,"probability":0.05,"first_attempt_only":true,…}`
    func rule() throws(ControlRefusal) -> ScriptRule {
        let plan = try texts("statuses") == nil ? nil : statusPlan()
        return ScriptRule(
            try effect(), number: text("number"), recipient: text("recipient"), type: text("type"),
            probability: root["probability"]?.double ?? 1, firstAttemptOnly: flag("first_attempt_only"),
            times: integer("times"), latencyMilliseconds: max(0, integer("latency_ms") ?? 0), statuses: plan)
    }

    private func effect() throws(ControlRefusal) -> ScriptRule.Effect {
        switch text("effect") {
        case "refuse": return .refuse(try error())
        case "fail": return .fail(try error())
        case "cut_before": return .cutBefore
        case "cut_after": return .cutAfter
        case "lose_answer": return .loseAnswer
        case "take": return .take
        case "answer":
            return .answer(
                GraphAnswer(
                    status: integer("http_status") ?? 200, contentType: text("content_type") ?? GraphAnswer.json,
                    body: Array((text("body") ?? "").utf8)))
        case let other:
            throw ControlRefusal(
                problem:
                    "effect \(other ?? "") is none of refuse, fail, answer, cut_before, cut_after, lose_answer, take")
        }
    }

    func error() throws(ControlRefusal) -> GraphError {
        guard let code = integer("code") else { throw ControlRefusal(problem: "code is missing") }
        let headers = integer("retry_after").map { [("Retry-After", String($0))] } ?? []
        var error = GraphError(code: code, headers: headers)
        if let status = integer("http_status") { error.status = status }
        if let message = text("message") { error.message = message }
        error.details = text("details")
        if isThere("is_transient") { error.isTransient = flag("is_transient") }
        return error
    }

    /// `{"id":"…","fault":"cut","bytes":1000,"times":1}`
    func mediaFault() throws(ControlRefusal) -> MediaFault {
        let bytes = max(0, integer("bytes") ?? 0)
        switch text("fault") {
        case "wrong_bytes": return .wrongBytes
        case "cut": return .cut(afterBytes: bytes)
        case "stall": return .stall(afterBytes: bytes)
        case "gone": return .gone
        case "refuse": return .refused(try error())
        case "address_gone": return .addressGone
        case "redirect": return .redirect(to: try required("url"))
        case "elsewhere": return .elsewhere(url: try required("url"))
        case "endless": return .endless(bytes: bytes)
        case "slow": return .slow(milliseconds: integer("latency_ms") ?? 1_000)
        case let other:
            throw ControlRefusal(
                problem:
                    "fault \(other ?? "") is none of wrong_bytes, cut, stall, gone, refuse, address_gone, redirect, "
                    + "elsewhere, endless, slow")
        }
    }

    /// `{"statuses":["sent","delivered"],"delay_ms":50,"reversed":false,"copies":1,"batch":1}`
    func statusPlan() throws(ControlRefusal) -> StatusPlan {
        guard let statuses = texts("statuses") else { throw ControlRefusal(problem: "statuses is not an array") }
        return StatusPlan(
            statuses, delayMilliseconds: max(0, integer("delay_ms") ?? 0), reversed: flag("reversed"),
            copies: integer("copies") ?? 1, batch: max(1, integer("batch") ?? 1))
    }
}
