/// When a send that certainly did not go out is tried again. Milliseconds throughout.
///
/// | class | delay | gives up |
/// |---|---|---|
/// | message | full jitter up to 2 s × 2ⁿ, at most 10 min | after 10 such refusals or a day |
/// | recipient | 4ⁿ s, at most 4⁶ s (Meta's rule for 131056) | after a day |
/// | number, app | none: its lane is held | after a day |
///
/// n counts the earlier refusals of the same class: what stands in one's way says nothing about the other. What Meta asks
/// for by `Retry-After`, or the table by `waitSeconds`, is a least; what something else asks for, up to
/// ``longestAskedByOthers``. A message's own end comes first, whatever the class.
///
/// Counts and the day begin anew where something else than the message was waited for: see ``SendTries``.
public enum SendRetry {
    /// Refusals of the class "message".
    public static let mostRefusals = 10
    public static let maximumAge: Int64 = 86_400_000
    /// An attempt that begins so long after it was due has waited for something else than its retry: a paused or
    /// switched-off number, a long hold that Meta asked for, workers that were stopped. No retry of ours waits longer.
    public static let longestDelay: Int64 = 4_096_000

    /// What is waited for at most where the answer is none of Meta's documented errors: proxies and gateways write
    /// `Retry-After` as well, for reasons of their own, and a whole number waits for it. Then one send finds out.
    public static let longestAskedByOthers: Int64 = 300_000

    public enum Class: Sendable, Equatable {
        case message, recipient, number, app
    }

    /// How much of what an answer asked for is waited; nil: it asked for nothing.
    static func asked(_ retryAfter: Int64?, by rule: SendErrorRule) -> Int64? {
        // No time at all asks for nothing: taken by its word it would switch the brake off.
        guard let retryAfter, retryAfter > 0 else { return nil }
        return SendErrorTable.isDocumented(rule.code) ? retryAfter : min(retryAfter, longestAskedByOthers)
    }

    public static func delay(
        _ class: Class, after tries: SendTries, atLeast least: Int64?, using random: inout some RandomNumberGenerator
    ) -> Int64 {
        let least = max(0, least ?? 0)
        switch `class` {
        case .message: return max(least, jitter(ceiling: exponential(2_000, 2, tries.message, most: 600_000), &random))
        case .recipient: return max(least, exponential(1_000, 4, tries.recipient, most: longestDelay))
        case .number, .app: return 0
        }
    }

    /// For how long all numbers of an app or account are held after it reached its limit.
    public static func appHold(
        after tries: SendTries, retryAfter: Int64?, using random: inout some RandomNumberGenerator
    ) -> Int64 {
        let ceiling = exponential(5_000, 2, tries.app, most: 300_000)
        return max(retryAfter ?? 0, 1_000 + jitter(ceiling: ceiling, &random))
    }

    /// Why a send that was refused once more is given up, as a clause; nil: it is tried again.
    static func end(_ class: Class, _ state: SendState) -> String? {
        if state.age >= maximumAge { return "That went on for a day" }
        switch `class` {
        case .message: return state.tries.message + 1 >= mostRefusals ? "That happened \(mostRefusals) times" : nil
        case .recipient, .number, .app: return nil
        }
    }

    private static func exponential(_ base: Int64, _ factor: Int64, _ exponent: Int, most: Int64) -> Int64 {
        var value = base
        for _ in 0..<max(0, exponent) where value < most { value *= factor }
        return min(value, most)
    }

    private static func jitter(ceiling: Int64, _ random: inout some RandomNumberGenerator) -> Int64 {
        Int64.random(in: 0...ceiling, using: &random)
    }
}

/// How often a message was refused, by class, since its limits began to count.
///
/// They begin anew after a pause of its number, when its window opens, after an outcome that nobody knew, and where an
/// attempt begins long after it was due: see ``SendRetry/longestDelay``. The class "number" has no count: its lane has.
public struct SendTries: Sendable, Equatable {
    public var message: Int
    public var recipient: Int
    public var app: Int

    public init(message: Int = 0, recipient: Int = 0, app: Int = 0) {
        self.message = message
        self.recipient = recipient
        self.app = app
    }
}
