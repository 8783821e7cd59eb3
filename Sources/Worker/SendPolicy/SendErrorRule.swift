/// One row of the error table: what a code means, and what is done about it.
public struct SendErrorRule: Sendable, Equatable {
    /// Meta's code; nil when the answer was readable by its HTTP status only.
    public let code: Int?
    public let `class`: SendErrorClass
    /// What happened, in the tenant's words: a short clause without a full stop.
    public let title: String
    /// What to do about it, in whole sentences.
    public let advice: String
    /// How long Meta says to wait before another attempt makes sense; nil where it says nothing.
    public let waitSeconds: Int?
    /// Whether it says that Meta is overloaded or away, so that the next send would fare no better: the number is held
    /// as after a throttle, or each message that waits would lose its one resend to the same outage.
    public let isOutage: Bool

    public init(
        code: Int?, class: SendErrorClass, title: String, advice: String, waitSeconds: Int? = nil,
        isOutage: Bool = false
    ) {
        self.code = code
        self.class = `class`
        self.title = title
        self.advice = advice
        self.waitSeconds = waitSeconds
        self.isOutage = isOutage
    }

    init(
        _ code: Int, _ class: SendErrorClass, _ title: String, _ advice: String, waitSeconds: Int? = nil,
        isOutage: Bool = false
    ) {
        self.init(
            code: code, class: `class`, title: title, advice: advice, waitSeconds: waitSeconds, isOutage: isOutage)
    }
}
