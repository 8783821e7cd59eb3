/// When a send that certainly did not go out is tried again. Milliseconds throughout.
///
/// | class | delay | gives up |
/// |---|---|---|
/// | message | full jitter up to 2 s × 2ⁿ, at most 10 min | after 10 attempts or a day |
/// | not sent | full jitter up to 0.5 s × 2ⁿ, at most 1 min | after a day |
/// | recipient | 4ⁿ s, at most 4⁶ s (Meta's rule for 131056) | after a day |
/// | number, app | none: its lane is held | after a day |
///
/// n counts the attempts before this one. What Meta asks for by `Retry-After`, or the table by `waitSeconds`, is a least.
/// A message's own end comes first, whatever the class.
public enum SendRetry {
    public static let maximumAttempts = 10
    public static let maximumAge: Int64 = 86_400_000

    public enum Class: Sendable, Equatable {
        case message, notSent, recipient, throttled
    }

    public static func delay(
        _ class: Class, attempts: Int, atLeast least: Int64?, using random: inout some RandomNumberGenerator
    ) -> Int64 {
        let earlier = max(0, attempts - 1)
        let least = max(0, least ?? 0)
        switch `class` {
        case .message: return max(least, jitter(ceiling: exponential(2_000, 2, earlier, most: 600_000), &random))
        case .notSent: return max(least, jitter(ceiling: exponential(500, 2, earlier, most: 60_000), &random))
        case .recipient: return max(least, exponential(1_000, 4, earlier, most: 4_096_000))
        case .throttled: return 0
        }
    }

    /// For how long all numbers of an app or account are held after it reached its limit.
    public static func appHold(
        attempts: Int, retryAfter: Int64?, using random: inout some RandomNumberGenerator
    ) -> Int64 {
        let ceiling = exponential(5_000, 2, max(0, attempts - 1), most: 300_000)
        return max(retryAfter ?? 0, 1_000 + jitter(ceiling: ceiling, &random))
    }

    /// Whether a send of this class is given up.
    static func isOver(_ class: Class, _ state: SendState) -> Bool {
        if state.age >= maximumAge { return true }
        switch `class` {
        case .message: return state.attempts >= maximumAttempts
        case .notSent, .recipient, .throttled: return false
        }
    }

    private static func exponential(_ base: Int64, _ factor: Int64, _ exponent: Int, most: Int64) -> Int64 {
        var value = base
        for _ in 0..<exponent where value < most { value *= factor }
        return min(value, most)
    }

    private static func jitter(ceiling: Int64, _ random: inout some RandomNumberGenerator) -> Int64 {
        Int64.random(in: 0...ceiling, using: &random)
    }
}
