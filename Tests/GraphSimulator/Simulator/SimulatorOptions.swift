/// How a simulator behaves until it is told otherwise.
public struct SimulatorOptions: Sendable {
    public var throttles: Throttles
    /// What follows each message that was taken. Posted only once ``GraphSimulator/postWebhooks(to:appSecret:)`` has
    /// said where.
    public var statuses: StatusPlan
    /// Draws by probability depend on it.
    public var seed: UInt64
    /// How many requests, and how many accepted messages, are remembered with their bodies. Counts have no limit.
    public var remembered: Int

    public init(
        throttles: Throttles = .none, statuses: StatusPlan = .none, seed: UInt64 = 1, remembered: Int = 50_000
    ) {
        self.throttles = throttles
        self.statuses = statuses
        self.seed = seed
        self.remembered = remembered
    }
}
