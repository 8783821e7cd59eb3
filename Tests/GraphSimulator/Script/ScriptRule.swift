/// How the simulator treats certain sends: the first rule that matches decides.
public struct ScriptRule: Sendable {
    public enum Effect: Sendable {
        /// Refused; nothing is taken.
        case refuse(GraphError)
        /// Answered with exactly this; nothing is taken.
        case answer(GraphAnswer)
        /// The connection is cut before the message was taken.
        case cutBefore
        /// The message is taken, then the connection is cut without an answer.
        case cutAfter
        /// The message is taken and the answer never comes; the connection stays open.
        case loseAnswer
        /// Taken and answered with 200; then its only status is `failed`, with this error.
        case fail(GraphError)
        /// Taken as always: for rules that only add latency or other statuses.
        case take
    }

    public var effect: Effect
    /// Which sends it strikes; nil: all. The recipient may be written with or without the plus sign.
    public var number: String?
    public var recipient: String?
    public var type: String?
    /// From 0 to 1. Drawn from the simulator's seed, the message and its attempt, so that the same run strikes the same
    /// messages in whatever order they come.
    public var probability: Double
    /// Only the first request for a message (by the message id in its callback data) is struck.
    public var firstAttemptOnly: Bool
    /// How many it strikes in all; nil: no end.
    public var times: Int?
    /// Between taking (or refusing) and answering.
    public var latencyMilliseconds: Int
    /// Statuses of what it takes; nil: the simulator's.
    public var statuses: StatusPlan?

    public init(
        _ effect: Effect, number: String? = nil, recipient: String? = nil, type: String? = nil,
        probability: Double = 1, firstAttemptOnly: Bool = false, times: Int? = nil, latencyMilliseconds: Int = 0,
        statuses: StatusPlan? = nil
    ) {
        self.effect = effect
        self.number = number
        self.recipient = recipient
        self.type = type
        self.probability = probability
        self.firstAttemptOnly = firstAttemptOnly
        self.times = times
        self.latencyMilliseconds = latencyMilliseconds
        self.statuses = statuses
    }
}
