/// What was typed into a form for sending.
public struct SendDraft: Sendable {
    /// `text` or `quote_link`.
    public var type: String = "quote_link"
    public var to: String = ""
    public var body: String = ""
    public var quoteID: String = ""
    public var quoteURL: String = ""
    public var button: String = ""

    public init(
        type: String = "quote_link", to: String = "", body: String = "", quoteID: String = "", quoteURL: String = "",
        button: String = ""
    ) {
        self.type = type
        self.to = to
        self.body = body
        self.quoteID = quoteID
        self.quoteURL = quoteURL
        self.button = button
    }

    var values: TemplateValues {
        [
            "draft_is_text": type == "text", "draft_is_quote": type != "text", "draft_to": to,
            "draft_text": type == "text" ? body : "", "draft_body": type == "text" ? "" : body,
            "draft_quote_id": quoteID, "draft_quote_url": quoteURL, "draft_button": button,
        ]
    }
}
