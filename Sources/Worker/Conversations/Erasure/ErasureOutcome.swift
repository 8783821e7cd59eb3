/// How much an erasure removed, or changed where other people's items stay.
public struct ErasureOutcome: Sendable, Equatable {
    public var conversations = 0
    public var messages = 0
    public var statuses = 0
    public var events = 0
    public var unrouted = 0
    public var outbox = 0
    public var archived = 0
    /// Waiting jobs in Redis.
    public var jobs = 0

    /// Nothing.
    public init() {}

    public var isEmpty: Bool { self == ErasureOutcome() }

    /// By name, in the order in which they are told.
    public var counts: [(name: String, count: Int)] {
        [
            ("conversations", conversations), ("messages", messages), ("statuses", statuses), ("events", events),
            ("unrouted", unrouted), ("outbox", outbox), ("archived", archived), ("jobs", jobs),
        ]
    }
}
