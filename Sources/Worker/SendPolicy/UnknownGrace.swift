/// How long a send with an unknown outcome waits for a status webhook. Milliseconds.
///
/// The grace counts only while intake is known to live: from when something of the same number was stored that came after
/// this send's own status would have. Without such a sign it is ten times as long, and a person decides then: silence
/// proves nothing while nobody listens.
///
/// Where intake was silent first, as long as that silence comes on top. Meta tries a webhook that nobody took again at
/// growing distances, so a status that was refused during an outage may come as long after its end as it lasted, while
/// new ones come at once.
public struct UnknownGrace: Sendable, Equatable {
    public static let silentFactor: Int64 = 10
    /// Meta's first status of a message that it took comes within seconds.
    private static let usualDelay: Int64 = 5_000

    public let length: Int64

    public init(milliseconds: Int64) {
        length = milliseconds
    }

    public enum Decision: Sendable, Equatable {
        case wait
        case over(intakeLives: Bool)
    }

    /// So long after the attempt began, a sign of life is one.
    public var signDelay: Int64 { min(length / 20, Self.usualDelay) }

    /// Whether something that was stored then shows that this attempt's status would be stored by now.
    public func isSign(_ storedAt: Int64, since: Int64) -> Bool { storedAt - since >= signDelay }

    /// - Parameters:
    ///   - since: when the attempt began.
    ///   - intakeAt: the first sign of life after it, as far as seen.
    public func decide(since: Int64, intakeAt: Int64?, now: Int64) -> Decision {
        if let intakeAt, isSign(intakeAt, since: since) {
            let silence = intakeAt - signDelay - since
            return now - (intakeAt - signDelay) >= length + silence ? .over(intakeLives: true) : .wait
        }
        return now - since >= length * Self.silentFactor ? .over(intakeLives: false) : .wait
    }
}
