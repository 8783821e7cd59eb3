/// What a decision needs to know of a job's past.
public struct JobProgress: Sendable, Equatable {
    /// Failures so far, this one not counted.
    public var attempt: Int
    /// Owners that died while they held it.
    public var crashes: Int
    /// Unix milliseconds at which it was accepted.
    public var receivedAt: Int64

    public init(attempt: Int, crashes: Int, receivedAt: Int64) {
        self.attempt = attempt
        self.crashes = crashes
        self.receivedAt = receivedAt
    }
}
