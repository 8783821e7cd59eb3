/// Asks once more before something that cannot be undone.
public struct ConfirmationPage: Sendable {
    public var title: String
    /// Paragraphs.
    public var explanation: [String]
    /// The path that the form posts to.
    public var action: String
    public var button: String
    public var isDangerous: Bool = true
    /// Hidden fields beside the CSRF token.
    public var fields: [PageField] = []
    /// Where "Cancel" leads.
    public var cancel: String

    public init(
        title: String, explanation: [String], action: String, button: String, isDangerous: Bool = true,
        fields: [PageField] = [], cancel: String
    ) {
        self.title = title
        self.explanation = explanation
        self.action = action
        self.button = button
        self.isDangerous = isDangerous
        self.fields = fields
        self.cancel = cancel
    }

    var values: TemplateValues {
        [
            "title": title, "paragraphs": explanation.map { paragraph in TemplateValues(["text": paragraph]) },
            "action": action, "button": button, "is_dangerous": isDangerous, "fields": fields.map(\.values),
            "cancel": cancel,
        ]
    }
}
