/// The limits that Meta sets to the messages of this product (its pages on text, interactive `cta_url` and template
/// messages).
enum MessageRules {
    static func check(_ type: String, _ content: [String: Any]) throws(GraphError) {
        switch type {
        case "text":
            try text(content["body"], "text.body", atMost: 4_096)
        case "interactive":
            try checkLink(content)
        case "template":
            try text(content["name"], "template.name", atMost: 512)
            let language = content["language"] as? [String: Any]
            try text(language?["code"], "template.language.code", atMost: 20)
        default:
            throw .invalidParameter("Message type '\(type)' is not known to this simulator")
        }
    }

    private static func checkLink(_ content: [String: Any]) throws(GraphError) {
        guard content["type"] as? String == "cta_url" else {
            throw .invalidParameter("interactive.type must be cta_url in this simulator")
        }
        let body = content["body"] as? [String: Any]
        try text(body?["text"], "interactive.body.text", atMost: 1_024)
        let action = content["action"] as? [String: Any]
        guard action?["name"] as? String == "cta_url" else { throw .invalidParameter("interactive.action.name") }
        let parameters = action?["parameters"] as? [String: Any]
        try text(parameters?["display_text"], "interactive.action.parameters.display_text", atMost: 20)
        try text(parameters?["url"], "interactive.action.parameters.url", atMost: 2_000)
    }

    private static func text(_ value: Any?, _ name: String, atMost limit: Int) throws(GraphError) {
        guard let value = value as? String, !value.isEmpty else { throw .missingParameter(name) }
        guard value.count <= limit else {
            throw .invalidParameter("\(name) has \(value.count) characters; at most \(limit) are allowed")
        }
    }
}
