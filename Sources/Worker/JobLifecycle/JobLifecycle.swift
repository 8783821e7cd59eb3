/// Decides what becomes of a job. Pure: time and randomness are handed in, and every outcome has exactly one transition.
public struct JobLifecycle: Sendable {
    /// A job whose owner died this often while holding it is buried.
    public static let crashLimit = 3

    public let policy: RetryPolicy

    public init(policy: RetryPolicy) {
        self.policy = policy
    }

    /// - Parameters:
    ///   - now: Unix milliseconds.
    ///   - random: draws the jitter of a backoff.
    public func decide(
        _ job: JobProgress, _ outcome: JobOutcome, now: Int64, using random: inout some RandomNumberGenerator
    ) -> JobTransition {
        switch outcome {
        case .completed: return .complete
        case .rejected: return .bury(.rejected)
        case .released: return .release
        case .moved(let lane): return .move(to: lane)
        case .deferred(let until): return .deferral(after: max(0, until - now))
        case .failed(let retryAfter):
            if let most = policy.maximumAttempts, job.attempt + 1 >= most { return .bury(.attemptsExhausted) }
            // Age counts only here, when a retry is decided: a first attempt is made however long the job waited.
            if let oldest = policy.maximumAge, job.receivedAt < now - oldest { return .bury(.tooOld) }
            return .retry(after: max(retryAfter ?? 0, policy.delay(failures: job.attempt, using: &random)))
        }
    }
}
