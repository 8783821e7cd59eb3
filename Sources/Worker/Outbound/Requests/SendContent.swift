/// What a message says.
public enum SendContent: Sendable, Equatable {
    case quoteLink(QuoteLink)
    case text(TextContent)
    case template(TemplateContent)

    /// The request's `type`.
    public var type: String {
        switch self {
        case .quoteLink: "quote_link"
        case .text: "text"
        case .template: "template"
        }
    }

    /// What the conversation shows; nil where the tenant's own words are used and not known yet.
    public var shownText: String? {
        switch self {
        case .quoteLink(let link): link.body
        case .text(let text): text.body
        case .template(let template):
            "[template] \(template.name)"
                + (template.variables.isEmpty ? "" : ": " + template.variables.joined(separator: ", "))
        }
    }
}

/// A quote's link behind a button.
public struct QuoteLink: Sendable, Equatable {
    public static let standardButton = "View quote"

    public var quoteID: String
    public var version: Int32
    public var url: String
    /// When the quote ends, in microseconds since 1970: it is not sent afterwards.
    public var expiresAt: Int64?
    /// Nil: the tenant's own words. In a row it is never nil.
    public var body: String?
    public var button: String
}

public struct TextContent: Sendable, Equatable {
    public var body: String
    /// Whether WhatsApp shows a preview of the first link.
    public var previewURL: Bool
}

/// A template that Meta has approved.
public struct TemplateContent: Sendable, Equatable {
    public var name: String
    public var language: String
    /// For the body's placeholders, in order.
    public var variables: [String]
    /// For the placeholder at the end of the first button's URL.
    public var urlSuffix: String?
}

/// What happens to a send whose outcome nobody knows, once its grace is over.
public enum OnUnknown: String, Sendable, CaseIterable {
    /// Sent once more.
    case resend
    /// A person decides.
    case hold
}

/// What happens to a send outside of the customer's 24 hours.
public enum OnClosed: String, Sendable, CaseIterable {
    case template
    /// Until the customer next writes.
    case wait
    case fail
}
