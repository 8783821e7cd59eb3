/// Whether Meta can be reached from this process: a circuit breaker. While it cannot, nothing is begun, so that an outage
/// costs neither attempts nor rows, however long it is and however many messages wait. Of this process alone: what one
/// worker cannot reach, another one perhaps can.
public struct Reachability: Sendable {
    private static let firstPause: Duration = .milliseconds(500)
    private static let longestPause: Duration = .seconds(30)
    private static let jitter = 0.8...1.2

    /// When it was found unreachable last; nil: it is not.
    private var lostAt: ContinuousClock.Instant?
    private var failures = 0
    /// When the next batch may find out.
    private var nextProbe: ContinuousClock.Instant?

    public init() {}

    public var isLost: Bool { lostAt != nil }

    /// Whether a batch may be claimed. While Meta is not reachable one may, once in a while, to find out.
    public mutating func mayClaim(now: ContinuousClock.Instant, using random: inout some RandomNumberGenerator) -> Bool
    {
        guard let nextProbe else { return true }
        guard now >= nextProbe else { return false }
        self.nextProbe = now + pause(using: &random)
        return true
    }

    /// Whether a send may go that began then: not if Meta was found unreachable since.
    public func maySend(begun: ContinuousClock.Instant) -> Bool { lostAt.map { begun > $0 } ?? true }

    /// A send could not be handed over. Of a volley the first counts.
    /// - Returns: for how long nothing is claimed from now on; nil where it tells nothing new.
    public mutating func lost(
        begun: ContinuousClock.Instant, now: ContinuousClock.Instant, using random: inout some RandomNumberGenerator
    ) -> Duration? {
        guard maySend(begun: begun) else { return nil }
        failures += 1
        lostAt = now
        let pause = pause(using: &random)
        nextProbe = now + pause
        return pause
    }

    /// Something answered.
    /// - Returns: whether that is news.
    public mutating func found() -> Bool {
        defer { self = Reachability() }
        return isLost
    }

    private func pause(using random: inout some RandomNumberGenerator) -> Duration {
        var pause = Self.firstPause
        for _ in 1..<max(1, failures) where pause < Self.longestPause { pause *= 2 }
        return min(pause, Self.longestPause) * Double.random(in: Self.jitter, using: &random)
    }
}
