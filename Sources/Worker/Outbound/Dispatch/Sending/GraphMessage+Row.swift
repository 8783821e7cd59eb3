internal import GraphClient

extension GraphMessage {
    /// A row has a body of its own; this is for one that somebody wrote by hand.
    private static let standardBody = "Your quote is ready."

    /// What goes out for a row.
    /// - Parameter template: the tenant's own, where the customer's window is closed: it must be one whose first button
    ///   ends in a variable, which gets the link's path.
    /// - Returns: nil where the request cannot be read.
    init?(_ row: SendRow, template: NumberConfig.Template?) {
        guard let request = try? SendRequest(json: row.request) else { return nil }
        let recipient: GraphRecipient
        switch Recipient(text: row.recipient) {
        case .phone(let phone): recipient = .phone(phone)
        case .user(let user): recipient = .user(user)
        case nil: return nil
        }
        switch request.content {
        case .quoteLink(let link):
            if let template {
                self = .template(
                    to: recipient, name: template.name, language: template.language, variables: [],
                    urlSuffix: Self.suffix(of: link.url))
            } else {
                self = .quoteLink(
                    to: recipient, body: link.body ?? Self.standardBody, button: link.button, url: link.url,
                    replyTo: request.replyTo)
            }
        case .text(let text):
            self = .text(to: recipient, body: text.body, previewURL: text.previewURL, replyTo: request.replyTo)
        case .template(let content):
            self = .template(
                to: recipient, name: content.name, language: content.language, variables: content.variables,
                urlSuffix: content.urlSuffix)
        }
    }

    /// What follows the host and its slash: the part of the link that a template's button takes as its variable.
    static func suffix(of link: String) -> String? {
        let parts = link.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, !parts[3].isEmpty else { return nil }
        return String(parts[3])
    }
}
