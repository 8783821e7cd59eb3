public struct ErrorPage: Sendable {
    public var status: Int
    public var title: String
    public var explanation: String
    public var back: PageLink?

    public init(status: Int, title: String, explanation: String, back: PageLink? = nil) {
        self.status = status
        self.title = title
        self.explanation = explanation
        self.back = back
    }

    var values: TemplateValues {
        ["status": status, "title": title, "explanation": explanation, "back": back?.values]
    }
}
