/// When a failed job runs again: exponential backoff with full jitter.
///
/// | failures so far | the delay is drawn from 0 up to |
/// |---|---|
/// | 0 | base |
/// | 1 | base × 2 |
/// | n | min(cap, base × 2ⁿ) |
///
/// Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015, which measures full jitter as the best spread.
public struct RetryPolicy: Sendable, Equatable {
    /// Milliseconds.
    public var base: Int64
    /// Milliseconds.
    public var cap: Int64
    /// Failures after which a job is buried; nil for no limit.
    public var maximumAttempts: Int?
    /// Milliseconds since acceptance after which a failed job is buried rather than retried; nil for no limit.
    public var maximumAge: Int64?

    public init(base: Int64, cap: Int64, maximumAttempts: Int?, maximumAge: Int64?) {
        precondition(base > 0 && cap >= base, "a backoff needs a positive base and a cap that is not below it")
        self.base = base
        self.cap = cap
        self.maximumAttempts = maximumAttempts
        self.maximumAge = maximumAge
    }

    /// The most that the delay after `failures` failures can be, in milliseconds.
    public func ceiling(failures: Int) -> Int64 {
        let (doubled, overflow) = base.multipliedReportingOverflow(by: 1 << Int64(min(max(failures, 0), 62)))
        return overflow ? cap : min(cap, doubled)
    }

    /// The delay after `failures` failures, in milliseconds.
    public func delay(failures: Int, using random: inout some RandomNumberGenerator) -> Int64 {
        Int64.random(in: 0...ceiling(failures: failures), using: &random)
    }
}
