import LenientJSON

/// What a request to `…/messages` asks for, checked against Meta's rules. Not read with Foundation: the simulator has to
/// keep up with Workers that send thousands a second.
struct SendBody: Sendable {
    enum Kind: Sendable {
        case message(type: String)
        case readReceipt
    }

    var kind: Kind
    var recipient: String
    var isPhone: Bool
    var callbackData: String?

    static func read(_ body: [UInt8]) throws(GraphError) -> SendBody {
        var parser = JSONParser()
        let outcome: Result<SendBody, GraphError>?
        outcome = try? parser.withDocument(body) { root in
            do throws(GraphError) {
                return .success(try read(root))
            } catch {
                return .failure(error)
            }
        }
        guard let outcome else { throw .invalidParameter("The request's body is not JSON") }
        return try outcome.get()
    }

    private static func read(_ root: JSONValue) throws(GraphError) -> SendBody {
        guard root.isObject else { throw .invalidParameter("The request's body is not a JSON object") }
        guard root["messaging_product"]?.isText("whatsapp") == true else {
            throw .missingParameter("messaging_product")
        }
        if root["status"]?.isText("read") == true {
            guard root["message_id"]?.string != nil else { throw .missingParameter("message_id") }
            return SendBody(kind: .readReceipt, recipient: "", isPhone: false)
        }
        let phone = root["to"]?.string
        guard let recipient = phone ?? root["recipient"]?.string, !recipient.isEmpty else {
            throw .missingParameter("to")
        }
        let type = root["type"]?.string ?? "text"
        guard let content = root[type], content.isObject else { throw .missingParameter(type) }
        try MessageRules.check(type, content)
        let callbackData = root["biz_opaque_callback_data"]?.string
        guard callbackData?.count ?? 0 <= 512 else {
            throw .invalidParameter("biz_opaque_callback_data is longer than 512 characters")
        }
        return SendBody(
            kind: .message(type: type), recipient: recipient, isPhone: phone != nil, callbackData: callbackData)
    }
}
