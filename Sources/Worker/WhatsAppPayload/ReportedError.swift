internal import LenientJSON

/// An error as Meta reports it on a value, a message or a status. Texts are cleaned.
public struct ReportedError: Sendable, Equatable {
    public let code: Int64?
    public let title: String?
    public let message: String?
    /// `error_data.details`, or `error_data` itself where it is a bare string, or a `details` beside the code.
    public let details: String?

    /// The most telling of the texts.
    public var explanation: String? {
        details ?? message ?? title
    }

    /// A JSON array of these errors that Postgres takes as `jsonb`; nil for none.
    public static func jsonText(_ errors: [ReportedError]) -> String? {
        guard !errors.isEmpty else { return nil }
        let objects = errors.map { error in
            var members: [String] = []
            if let code = error.code { members.append("\"code\":\(code)") }
            let texts = [("title", error.title), ("message", error.message), ("details", error.details)]
            for (name, text) in texts {
                if let text { members.append("\"\(name)\":\(JSONText.quoted(text.replacing("\0", with: "\u{FFFD}")))") }
            }
            return "{" + members.joined(separator: ",") + "}"
        }
        return "[" + objects.joined(separator: ",") + "]"
    }
}
