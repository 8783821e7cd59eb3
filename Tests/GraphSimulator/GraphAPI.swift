import Foundation

/// What the Graph API would answer: a pure function of the request, the numbers it knows and the next message id.
///
/// Covered are the sends that this product makes (text, interactive `cta_url`, template), the read receipt, and the
/// look-up of a number.
struct GraphAPI: Sendable {
    var numbers: [BusinessNumber]

    /// - Parameter wamid: The id of the message if it is accepted.
    func answer(_ request: GraphRequest, wamid: String) -> (GraphAnswer, AcceptedSend?) {
        do throws(GraphError) {
            let parts = request.path.split(separator: "/").map(String.init)
            guard parts.count >= 2, isVersion(parts[0]) else { throw .unknownPath(request.path) }
            let number = try number(parts[1], for: request)
            if request.method == "GET" && parts.count == 2 { return (describe(number), nil) }
            if request.method == "POST" && parts.count == 3 && parts[2] == "messages" {
                return try send(request, from: number, wamid: wamid)
            }
            throw .unknownPath(request.path)
        } catch {
            return (error.answer, nil)
        }
    }

    private func isVersion(_ text: String) -> Bool {
        text.hasPrefix("v") && Double(text.dropFirst()) != nil
    }

    private func number(_ id: String, for request: GraphRequest) throws(GraphError) -> BusinessNumber {
        guard let token = request.bearerToken, numbers.contains(where: { $0.accessToken == token }) else {
            throw .noToken
        }
        guard let number = numbers.first(where: { $0.phoneNumberID == id && $0.accessToken == token }) else {
            throw .unknownObject(id)
        }
        return number
    }

    private func describe(_ number: BusinessNumber) -> GraphAnswer {
        GraphAnswer(
            status: 200,
            json: .object([
                ("verified_name", .string(number.verifiedName)), ("code_verification_status", .string("VERIFIED")),
                ("display_phone_number", .string("+" + number.displayPhoneNumber)),
                ("quality_rating", .string("GREEN")),
                ("platform_type", .string("CLOUD_API")), ("id", .string(number.phoneNumberID)),
            ]))
    }

    private func send(
        _ request: GraphRequest, from number: BusinessNumber, wamid: String
    ) throws(GraphError) -> (GraphAnswer, AcceptedSend?) {
        guard let json = try? JSONSerialization.jsonObject(with: Data(request.body)), let body = json as? [String: Any]
        else { throw .invalidParameter("The request's body is not a JSON object") }
        guard body["messaging_product"] as? String == "whatsapp" else { throw .missingParameter("messaging_product") }
        if body["status"] as? String == "read" {
            guard body["message_id"] is String else { throw .missingParameter("message_id") }
            return (GraphAnswer(status: 200, json: .object([("success", .bool(true))])), nil)
        }
        let recipient = body["to"] as? String ?? body["recipient"] as? String
        guard let recipient, !recipient.isEmpty else { throw .missingParameter("to") }
        let type = body["type"] as? String ?? "text"
        guard let content = body[type] as? [String: Any] else { throw .missingParameter(type) }
        try MessageRules.check(type, content)

        let isPhone = body["to"] is String
        let contact = MetaJSON.members([
            ("input", .string(recipient)),
            ("wa_id", isPhone ? .string(recipient.filter(\.isNumber)) : nil),
            ("user_id", isPhone ? nil : .string(recipient)),
        ])
        let message = MetaJSON.members([
            ("id", .string(wamid)), ("message_status", type == "template" ? .string("accepted") : nil),
        ])
        let answer = GraphAnswer(
            status: 200,
            json: .object([
                ("messaging_product", .string("whatsapp")), ("contacts", .array([contact])),
                ("messages", .array([message])),
            ]))
        let accepted = AcceptedSend(
            wamid: wamid, phoneNumberID: number.phoneNumberID, recipient: recipient, type: type,
            callbackData: body["biz_opaque_callback_data"] as? String, body: request.body)
        return (answer, accepted)
    }
}
