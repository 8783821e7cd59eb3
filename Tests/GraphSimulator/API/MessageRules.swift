import LenientJSON

/// The limits that Meta sets to the messages of this product (its pages on text, interactive `cta_url` and template
/// messages).
enum MessageRules {
    static func check(_ type: String, _ content: JSONValue) throws(GraphError) {
        switch type {
        case "text":
            try text(content["body"], "text.body", atMost: 4_096)
        case "interactive":
            try checkLink(content)
        case "template":
            try text(content["name"], "template.name", atMost: 512)
            try text(content["language"]?["code"], "template.language.code", atMost: 20)
        default:
            throw .invalidParameter("Message type '\(type)' is not known to this simulator")
        }
    }

    private static func checkLink(_ content: JSONValue) throws(GraphError) {
        guard content["type"]?.isText("cta_url") == true else {
            throw .invalidParameter("interactive.type must be cta_url in this simulator")
        }
        try text(content["body"]?["text"], "interactive.body.text", atMost: 1_024)
        let action = content["action"]
        guard action?["name"]?.isText("cta_url") == true else { throw .invalidParameter("interactive.action.name") }
        let parameters = action?["parameters"]
        try text(parameters?["display_text"], "interactive.action.parameters.display_text", atMost: 20)
        try text(parameters?["url"], "interactive.action.parameters.url", atMost: 2_000)
    }

    private static func text(_ value: JSONValue?, _ name: String, atMost limit: Int) throws(GraphError) {
        guard let value = value?.string, !value.isEmpty else { throw .missingParameter(name) }
        // Counting characters is slow, and never gives more than the bytes.
        guard value.utf8.count > limit, value.count > limit else { return }
        throw .invalidParameter("\(name) has \(value.count) characters; at most \(limit) are allowed")
    }
}
