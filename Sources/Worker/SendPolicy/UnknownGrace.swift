/// How long a send with an unknown outcome waits for a status webhook. Milliseconds.
///
/// The grace counts only while intake is known to live: something of the same number was stored after this send's own
/// status would have come. Without such a sign it is ten times as long, and a person decides then: silence proves nothing
/// while nobody listens.
public enum UnknownGrace {
    public static let silentFactor: Int64 = 10
    /// Meta's first status of a message that it took comes within seconds.
    private static let usualDelay: Int64 = 10_000

    public enum Decision: Sendable, Equatable {
        case wait
        case over(intakeLives: Bool)
    }

    /// A sign of life must have been stored at least so long after the send began.
    public static func signDelay(grace: Int64) -> Int64 { min(grace / 4, usualDelay) }

    /// - Parameters:
    ///   - since: when the attempt began.
    ///   - lastSign: when a status or message of this number was stored last, as far as known.
    public static func decide(since: Int64, lastSign: Int64?, grace: Int64, now: Int64) -> Decision {
        guard now - since >= grace else { return .wait }
        if let lastSign, lastSign - since >= signDelay(grace: grace) { return .over(intakeLives: true) }
        return now - since >= grace * silentFactor ? .over(intakeLives: false) : .wait
    }
}
