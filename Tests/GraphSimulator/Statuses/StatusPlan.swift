/// The statuses that the simulator posts about each message it took.
public struct StatusPlan: Sendable, Equatable {
    /// In order, such as `sent`, `delivered`, `read`.
    public var statuses: [String]
    /// Until the first, and from one to the next.
    public var delayMilliseconds: Int
    /// They arrive in the reverse order.
    public var reversed: Bool
    /// How often each is posted.
    public var copies: Int
    /// The most statuses in one webhook.
    public var batch: Int

    public init(
        _ statuses: [String], delayMilliseconds: Int = 0, reversed: Bool = false, copies: Int = 1, batch: Int = 1
    ) {
        self.statuses = statuses
        self.delayMilliseconds = delayMilliseconds
        self.reversed = reversed
        self.copies = copies
        self.batch = batch
    }

    public static let none = StatusPlan([])
    public static let sent = StatusPlan(["sent"])
    public static let delivered = StatusPlan(["sent", "delivered"])
    public static let all = StatusPlan(["sent", "delivered", "read"])

    /// What is posted, and how long after the message was taken.
    func schedule() -> [(status: String, afterMilliseconds: Int)] {
        let order = reversed ? statuses.reversed() : statuses
        return order.enumerated().flatMap { index, status in
            Array(repeating: (status, delayMilliseconds * (index + 1)), count: max(1, copies))
        }
    }
}
