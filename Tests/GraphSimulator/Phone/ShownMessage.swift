import LenientJSON

/// What a customer sees of a message that the business sent.
struct ShownMessage: Sendable, Equatable {
    var text: String
    var button: String?
    var url: String?
    var repliesTo: String?
    /// The id of a file.
    var file: String?

    /// - Parameter body: The send's request body.
    init(body: [UInt8]) {
        var parser = JSONParser()
        self = (try? parser.withDocument(body) { ShownMessage($0) }) ?? ShownMessage(text: "")
    }

    init(text: String, button: String? = nil, url: String? = nil) {
        self.text = text
        self.button = button
        self.url = url
    }

    private init(_ root: JSONValue) {
        if let interactive = root["interactive"] {
            let parameters = interactive["action"]?["parameters"]
            self.init(
                text: interactive["body"]?["text"]?.string ?? "", button: parameters?["display_text"]?.string,
                url: parameters?["url"]?.string)
        } else if let template = root["template"] {
            self.init(template: template)
        } else {
            self.init(text: root["text"]?["body"]?.string ?? "")
        }
        repliesTo = root["context"]?["message_id"]?.string
    }

    /// The simulator has no templates, so it shows the name and what was filled in.
    private init(template: JSONValue) {
        var lines = ["Template “\(template["name"]?.string ?? "")”"]
        var suffix: String?
        if let components = template["components"] {
            for component in components.elements {
                var values: [String] = []
                if let parameters = component["parameters"] {
                    for parameter in parameters.elements { values.append(parameter["text"]?.string ?? "") }
                }
                if component["type"]?.isText("button") == true {
                    suffix = values.first
                } else {
                    lines += values
                }
            }
        }
        self.init(
            text: lines.joined(separator: "\n"), button: suffix == nil ? nil : "Open",
            url: suffix.map { "https://template.example/" + $0 })
    }
}
