internal import Logging
internal import OutboundLanes
internal import RedisClient
internal import SendPolicy
internal import Synchronization

/// Slows down or pauses what a refusal concerns beside its own message.
struct Brakes: Sendable {
    let lanes: OutboundLanes
    let recipients: RecipientThrottle
    let pauses: NumberPauses
    let gates: NumberGates
    let logger: Logger

    /// Whom a brake is for.
    struct Subject: Sendable {
        let tenant: Int64
        let number: String
        let waba: String?
        let recipientKey: String
        /// Of the settings that the send used, and when it began, in microseconds since 1970: of the two what is known.
        var version: Int64?
        var startedAt: Int64?
    }

    /// Does its best: a brake that could not be applied is applied by the next refusal.
    /// - Parameter sentAgo: since the refused send began.
    func apply(_ brake: SendChange.Brake, to subject: Subject, sentAgo: Duration) async {
        do {
            switch brake {
            case .number(let milliseconds?):
                try await lanes.hold(number: subject.number, milliseconds: milliseconds)
            case .number(nil):
                try await lanes.hold(number: subject.number, sentAgo: sentAgo.wholeMilliseconds)
            case .app(let milliseconds):
                try await lanes.holdApp(
                    waba: subject.waba ?? "", number: subject.number, milliseconds: milliseconds)
            case .recipient(let milliseconds):
                try await recipients.hold(
                    number: subject.number, recipientKey: subject.recipientKey, milliseconds: milliseconds)
            case .pause(let reason):
                gates.close(subject.number)
                defer { gates.closed(subject.number) }
                try await pauses.pause(
                    tenant: subject.tenant, number: subject.number, version: subject.version,
                    startedAt: subject.startedAt, reason: reason)
            }
        } catch {
            logger.warning("a refused number could not be slowed down", metadata: ["error": "\(error)"])
        }
    }
}

extension Duration {
    var wholeMilliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
    var fractionalSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
