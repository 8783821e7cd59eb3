/// Whom a message goes to.
public enum GraphRecipient: Sendable, Equatable {
    /// A phone number as `+E.164`.
    case phone(String)
    /// A business-scoped user id (BSUID), `CC.…`, for a customer whose number is not known.
    case user(String)
}

/// A message as this product sends them. Limits are Meta's and are checked when a request is admitted, not here.
public enum GraphMessage: Sendable, Equatable {
    /// `interactive`/`cta_url`: a text of up to 1,024 characters with a button of up to 20 that opens `url`.
    /// - Parameter replyTo: The wamid that it answers.
    case quoteLink(to: GraphRecipient, body: String, button: String, url: String, replyTo: String?)
    /// A text of up to 4,096 characters; `previewURL` shows a preview of its first link.
    case text(to: GraphRecipient, body: String, previewURL: Bool, replyTo: String?)
    /// A template, the only thing that may go out outside the 24-hour window.
    /// - Parameters:
    ///   - variables: The body's, in order.
    ///   - urlSuffix: The variable at the end of the first button's URL.
    case template(to: GraphRecipient, name: String, language: String, variables: [String], urlSuffix: String?)

    public var recipient: GraphRecipient {
        switch self {
        case .quoteLink(let to, _, _, _, _), .text(let to, _, _, _), .template(let to, _, _, _, _): to
        }
    }
}
