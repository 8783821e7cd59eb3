internal import Logging
internal import OutboundLanes
internal import Postgres
internal import RedisClient
internal import ServiceLifecycle

/// Looks once a second after what no turn would move: rows are the truth, and whatever was lost on the way, somebody looks
/// at them.
struct SendSweeper: Service {
    private static let pause: Duration = .seconds(1)
    /// Passes between looks at what changes rarely.
    private static let rarely = 30
    /// Likewise; whoever changes a setting tells Redis at once, this is for what was not told.
    private static let seldom = 5
    /// Milliseconds; a little less than a pass takes at least.
    private static let turnsLease: Int64 = 900

    private static let gauges: PostgresStatement = """
        select (select count(*) from whatsapp_messages where status = 'unknown' and not held),
            (select count(*) from whatsapp_messages where held)
        """

    let pool: PostgresPool
    let lanes: OutboundLanes
    let turns: TurnSweep
    let settings: LaneSettingSweep
    let windows: WindowSweep
    let expiries: ExpirySweep
    let ownerless: OwnerSweep
    let unknown: UnknownSweep
    let failures: FailureSweep
    let metrics: SendMetrics
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var pass = 0
            while !Task.isCancelled {
                if pass % Self.seldom == 0 { await step("settings") { try await settings.run() } }
                try await Task.sleep(for: Self.pause * Double.random(in: 0.9...1.1))
                await sweep()
                if pass % Self.rarely == 0 { await step("numbers") { try await turns.renumber() } }
                pass += 1
            }
        }
    }

    /// One pass. No step keeps another from being taken.
    func sweep() async {
        await step("failures") { try await failures.run() }
        await step("owners") { try await ownerless.run() }
        await step("unknown") { try await unknown.run() }
        await step("expiries") { try await expiries.run() }
        await step("windows") { try await windows.run() }
        await step("turns") {
            // It looks at all lanes: once a second for all workers together, not for each.
            if try await lanes.lease("turns", milliseconds: Self.turnsLease) { try await turns.run() }
        }
        await step("gauges") {
            let (unknown, held) = try await pool.withTransaction { session in
                let row = try session.execute(Self.gauges).only()
                return (try row.int64(0), try row.int64(1))
            }
            metrics.open(unknown: unknown, held: held)
        }
    }

    private func step(_ name: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            if Task.isCancelled { return }
            logger.warning(
                "a sweep of sends failed, it is tried again", metadata: ["step": "\(name)", "error": "\(error)"])
        }
    }
}
