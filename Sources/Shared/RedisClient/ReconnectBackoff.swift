import NIOCore

/// How long to wait before the next attempt to connect: exponential with full jitter, uniformly random between zero
/// and a ceiling that doubles, so that a crowd of clients does not return at the same instant.
///
/// | failures in a row | 1 | 2 | 3 | 4 | 5 | 6 and more |
/// |---|---|---|---|---|---|---|
/// | ceiling, ms = min(1000, 50 × 2^(failures − 1)) | 50 | 100 | 200 | 400 | 800 | 1000 |
/// | mean delay, ms = ceiling ÷ 2 | 25 | 50 | 100 | 200 | 400 | 500 |
///
/// The cap is low on purpose: a service whose Redis is back should heal within about a second.
struct ReconnectBackoff {
    static let base = TimeAmount.milliseconds(50)
    static let cap = TimeAmount.seconds(1)

    private(set) var failures = 0

    /// The longest wait after so many failures in a row.
    static func ceiling(failures: Int) -> TimeAmount {
        // 50 ms × 2^5 is past the cap already; the bound on the exponent only keeps the shift from overflowing.
        min(cap, .nanoseconds(base.nanoseconds << min(max(failures, 1) - 1, 10)))
    }

    /// Counts one failure and answers how long to wait.
    mutating func next(using random: inout some RandomNumberGenerator) -> TimeAmount {
        failures += 1
        return .nanoseconds(Int64.random(in: 0...Self.ceiling(failures: failures).nanoseconds, using: &random))
    }

    /// Forgets the failures after a connection that lasted. One that ends sooner counts as a failure itself, lest a
    /// server that accepts and hangs up at once be hammered.
    mutating func connectionEnded(after lifetime: TimeAmount) {
        if lifetime >= Self.cap { failures = 0 }
    }
}
