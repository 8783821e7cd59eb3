/// How many sends of one number one worker has under way at most.
///
/// Enough for the number's rate at the latency seen (Little's law), and no more: what is under way when a token is revoked
/// is refused send by send, what waits is not.
public struct SendConcurrency: Sendable, Equatable {
    /// Never fewer, so that a single slow answer holds up nobody.
    public static let least = 6

    /// Smoothed seconds from a request to its answer.
    public private(set) var latency: Double = 0

    public init() {}

    public mutating func observe(seconds: Double) {
        latency = latency == 0 ? seconds : latency * 0.9 + seconds * 0.1
    }

    public func limit(perSecond: Int) -> Int {
        let needed = Double(perSecond) * latency * 1.5
        return max(Self.least, Int(min(needed, 10_000).rounded(.up)))
    }
}
