public import OperationsKit

/// How a Worker sends.
public struct OutboundSettings: Sendable {
    /// Sends under way at once in this process. Meta answers within some hundred milliseconds, so it takes many to use a
    /// number's rate.
    public var concurrency: Int
    /// How long an unknown outcome waits for its status webhook.
    public var unknownGrace: Duration
    /// How long turns in work may go on after the order to stop.
    public var drain: Duration

    public init(
        concurrency: Int = 256, unknownGrace: Duration = .seconds(120), drain: Duration = .seconds(20)
    ) {
        self.concurrency = max(1, concurrency)
        self.unknownGrace = unknownGrace
        self.drain = drain
    }

    /// `OUTBOUND_CONCURRENCY`, `SEND_UNKNOWN_GRACE_SECONDS`.
    public init(_ settings: Settings) throws(SettingError) {
        self.init(
            concurrency: try settings.integer("OUTBOUND_CONCURRENCY", default: 256, in: 1...4_096),
            unknownGrace: .seconds(
                try settings.integer("SEND_UNKNOWN_GRACE_SECONDS", default: 120, in: 1...86_400)))
    }

    /// Turns in one batch.
    var batch: Int { min(64, concurrency) }
    /// Batches in work at once. Most of a batch's time it waits for Meta or for Postgres.
    var consumers: Int { min(16, max(2, (concurrency + batch - 1) / batch * 2)) }

    /// Connections to Postgres that sending uses at once, the sweeps' included.
    public static let postgresConnections = 6
}
