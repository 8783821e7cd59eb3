import OpenSSLKit

/// The simulator over HTTP: what it knows as JSON, orders for its script, and the phone page. For other processes, and for
/// a person with curl.
struct ControlPanel {
    let simulator: GraphSimulator

    func answer(_ request: GraphRequest) -> GraphAnswer {
        do throws(ControlRefusal) {
            switch (request.method, request.path) {
            case ("GET", "/phone"): return PhonePage.html
            case ("GET", "/phone/phone.css"): return PhonePage.css
            case ("GET", "/phone/phone.js"): return PhonePage.javaScript
            case ("GET", "/simulator"): return SimulatorReport(simulator).overview
            case ("GET", "/simulator/summary"): return SimulatorReport(simulator).summary
            case ("GET", "/simulator/sends"): return SimulatorReport(simulator).sends(request.parameters)
            case ("GET", "/simulator/message"):
                return SimulatorReport(simulator).message(request.parameters["id"] ?? "")
            case ("GET", "/simulator/media"):
                guard let file = simulator.file(request.parameters["id"] ?? "") else {
                    throw ControlRefusal(status: 404, problem: "no such file")
                }
                return GraphAnswer(
                    status: 200, headers: [("x-content-type-options", "nosniff")], contentType: file.mimeType,
                    body: file.bytes)
            case ("GET", "/simulator/phone"): return SimulatorReport(simulator).phone(request.parameters)
            case ("POST", _), ("DELETE", _):
                try follow(request)
                return GraphAnswer(status: 200, json: .object([("success", .bool(true))]))
            case (_, let path):
                throw ControlRefusal(status: 404, problem: "nothing at \(path); GET /simulator lists what there is")
            }
        } catch {
            return error.answer
        }
    }

    private func follow(_ request: GraphRequest) throws(ControlRefusal) {
        switch (request.method, request.path) {
        case ("DELETE", "/simulator/script"): simulator.clearScript()
        case ("DELETE", "/simulator/log"): simulator.forget()
        case ("POST", "/simulator/script"):
            for rule in try OrderReader.each(request.body, { order throws(ControlRefusal) in try order.rule() }) {
                simulator.script(rule)
            }
        case ("POST", "/simulator/statuses"):
            let plans = try OrderReader.each(request.body) { order throws(ControlRefusal) in try order.statusPlan() }
            if let plan = plans.last { simulator.setStatuses(plan) }
        case ("POST", let path):
            _ = try OrderReader.each(request.body) { order throws(ControlRefusal) in try follow(order, at: path) }
        case (_, let path):
            throw ControlRefusal(status: 404, problem: "nothing to delete at \(path)")
        }
    }

    private func follow(_ order: OrderReader, at path: String) throws(ControlRefusal) {
        switch path {
        case "/simulator/throttle":
            if let number = order.text("number") {
                simulator.setThrottle(perSecond: order.integer("number_per_second"), ofNumber: number)
            } else {
                simulator.setThrottles(
                    Throttles(
                        numberPerSecond: order.integer("number_per_second"),
                        pairBurst: order.integer("pair_burst"),
                        pairIntervalMilliseconds: order.integer("pair_interval_ms") ?? 6_000))
            }
        case "/simulator/numbers":
            var number = BusinessNumber(
                phoneNumberID: try order.required("id"), accessToken: try order.required("token"))
            number.wabaID = order.text("waba_id") ?? number.wabaID
            number.verifiedName = order.text("name") ?? number.verifiedName
            number.displayPhoneNumber = order.text("display_phone_number") ?? number.displayPhoneNumber
            number.qualityRating = order.text("quality_rating") ?? number.qualityRating
            number.subscribedApps = order.texts("subscribed_apps") ?? number.subscribedApps
            simulator.add(number)
        case "/simulator/revoke":
            simulator.revokeToken(ofNumber: try order.required("number"))
        case "/simulator/status":
            let error = order.isThere("code") ? try order.error() : nil
            let wamid = try order.required("wamid")
            guard simulator.postStatus(try order.required("status"), of: wamid, error: error) else {
                throw ControlRefusal(status: 404, problem: "no such message is remembered, or no Ingress is known")
            }
        case "/simulator/phone/messages": try write(order)
        case "/simulator/phone/media": try send(order)
        case "/simulator/media/fault":
            simulator.strike(
                try order.mediaFault(), file: try order.required("id"), times: order.integer("times") ?? 1)
        case "/simulator/phone/read": simulator.read(try order.required("wamid"))
        case "/simulator/phone/tap": simulator.tap(try order.required("wamid"))
        case let path:
            throw ControlRefusal(status: 404, problem: "nothing at \(path); GET /simulator lists what there is")
        }
    }

    /// A file as the phone page sends it, in base64.
    private func send(_ order: OrderReader) throws(ControlRefusal) {
        guard let bytes = Base64.decode(try order.required("data")) else {
            throw ControlRefusal(problem: "data is not base64")
        }
        let type = try order.required("mime_type")
        let file = SimulatedFile(
            bytes, mimeType: type, filename: type.hasPrefix("image/") ? nil : order.text("filename"),
            phoneNumberID: try order.required("number"))
        let customer = Customer(
            name: order.text("name") ?? "A customer", waID: try order.required("customer"),
            userID: order.text("user_id"))
        guard simulator.send(file, caption: order.text("caption"), as: customer) != nil else {
            throw ControlRefusal(status: 404, problem: "no such number, or no Ingress is known")
        }
    }

    private func write(_ order: OrderReader) throws(ControlRefusal) {
        let customer = Customer(
            name: order.text("name") ?? "A customer", waID: try order.required("customer"),
            userID: order.text("user_id"))
        let wamid = simulator.write(
            try order.required("text"), as: customer, to: try order.required("number"),
            repliesTo: order.text("replies_to"))
        guard wamid != nil else {
            throw ControlRefusal(status: 404, problem: "no such number, or no Ingress is known")
        }
    }
}
