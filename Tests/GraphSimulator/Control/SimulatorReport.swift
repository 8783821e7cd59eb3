/// What the simulator knows, as JSON. Tokens are never in it.
struct SimulatorReport {
    private let simulator: GraphSimulator

    init(_ simulator: GraphSimulator) {
        self.simulator = simulator
    }

    var overview: GraphAnswer {
        let numbers = simulator.numbers.map { number in
            MetaJSON.object([
                ("id", .string(number.phoneNumberID)), ("name", .string(number.verifiedName)),
                ("display_phone_number", .string(number.displayPhoneNumber)),
            ])
        }
        let orders = [
            "GET /phone", "GET /simulator/summary", "GET /simulator/sends?recipient=&number=&limit=",
            "GET /simulator/message?id=<message id>", "POST|DELETE /simulator/script", "POST /simulator/statuses",
            "POST /simulator/status", "POST /simulator/phone/media", "POST /simulator/media/fault",
            "POST /simulator/throttle", "POST /simulator/numbers", "POST /simulator/revoke",
            "DELETE /simulator/log",
        ]
        return GraphAnswer(
            status: 200,
            json: .object([
                ("numbers", .array(numbers)), ("summary", summaryJSON), ("orders", .array(orders.map(MetaJSON.string))),
            ]))
    }

    var summary: GraphAnswer { GraphAnswer(status: 200, json: summaryJSON) }

    private var summaryJSON: MetaJSON {
        let summary = simulator.summary
        let refused = summary.refused.sorted { $0.key < $1.key }.map { (String($0.key), MetaJSON.integer($0.value)) }
        return .object([
            ("posts", .integer(summary.posts)), ("taken", .integer(summary.taken)),
            ("messages", .integer(summary.messages)), ("doubled", .integer(summary.doubled)),
            ("refused", .object(refused)), ("cut", .integer(summary.cut)), ("lost", .integer(summary.lost)),
            ("webhooks_waiting", .integer(summary.webhooksWaiting)),
        ])
    }

    func message(_ id: String) -> GraphAnswer {
        let count = simulator.count(ofMessage: id)
        return GraphAnswer(
            status: 200, json: .object([("posts", .integer(count.posts)), ("taken", .integer(count.taken))]))
    }

    func sends(_ parameters: [String: String]) -> GraphAnswer {
        let limit = parameters["limit"].flatMap { Int($0) } ?? 100
        let sends = simulator.sends.filter { send in
            let recipient = parameters["recipient"] ?? ""
            let number = parameters["number"] ?? ""
            return (recipient.isEmpty || send.recipient == recipient || send.whatsAppID == recipient)
                && (number.isEmpty || send.phoneNumberID == number)
        }
        let items = sends.suffix(max(0, limit)).map { send in
            let shown = ShownMessage(body: send.body)
            return MetaJSON.members([
                ("wamid", .string(send.wamid)), ("number", .string(send.phoneNumberID)),
                ("recipient", .string(send.recipient)), ("type", .string(send.type)), ("text", .string(shown.text)),
                ("url", shown.url.map(MetaJSON.string)), ("callback_data", send.callbackData.map(MetaJSON.string)),
                ("accepted_at", .integer(Int(send.acceptedAt))),
            ])
        }
        return GraphAnswer(status: 200, json: .array(items))
    }

    /// The phone page's own: numbers to write to, and the conversation with one of them.
    func phone(_ parameters: [String: String]) -> GraphAnswer {
        let numbers = simulator.numbers
        let asked = parameters["number"] ?? ""
        let number = numbers.first { $0.phoneNumberID == asked } ?? numbers.first
        let lines = number.map {
            simulator.conversation(of: parameters["customer"] ?? "", with: $0.phoneNumberID)
        }
        let messages = (lines ?? []).suffix(200).map { line in
            MetaJSON.members([
                ("wamid", .string(line.wamid)), ("from", .string(line.isFromBusiness ? "business" : "customer")),
                ("type", .string(line.type)), ("text", .string(line.shown.text)),
                ("button", line.shown.button.map(MetaJSON.string)), ("url", line.shown.url.map(MetaJSON.string)),
                ("replies_to", line.shown.repliesTo.map(MetaJSON.string)),
                ("file", line.shown.file.map(MetaJSON.string)),
                (
                    "file_type",
                    line.shown.file.flatMap { simulator.file($0) }.map { .string($0.mimeType) }
                ),
                (
                    "file_name",
                    line.shown.file.flatMap { simulator.file($0) }?.filename.map(MetaJSON.string)
                ), ("at", .integer(Int(line.at))),
                ("done", .bool(line.isDone)), ("tapped", .bool(line.isTapped)),
            ])
        }
        return GraphAnswer(
            status: 200,
            json: .members([
                (
                    "numbers",
                    .array(
                        numbers.map {
                            .object([("id", .string($0.phoneNumberID)), ("name", .string($0.verifiedName))])
                        })
                ),
                ("number", number.map { .string($0.phoneNumberID) }), ("messages", .array(Array(messages))),
            ]))
    }
}
