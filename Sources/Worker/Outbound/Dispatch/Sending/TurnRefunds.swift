internal import Logging
internal import OutboundLanes
internal import RedisClient

/// Gives back what turns have paid that led to no request: a number's rate and a recipient's are for what goes to Meta.
struct TurnRefunds: Sendable {
    let lanes: OutboundLanes
    let recipients: RecipientThrottle
    let logger: Logger

    /// - Parameters:
    ///   - unused: turns that were claimed and asked Meta for nothing.
    ///   - places: those of them whose recipients' places nobody takes any more.
    func give(unused: [Turn], places: [Turn]) async {
        guard !unused.isEmpty else { return }
        do throws(RedisError) {
            try await lanes.refund(unused.reduce(into: [:]) { counts, turn in counts[turn.number, default: 0] += 1 })
            try await recipients.refund(places)
        } catch {
            logger.debug("numbers wait longer than they need to", metadata: ["error": "\(error)"])
        }
    }
}
