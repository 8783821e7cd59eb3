internal import Conversations
internal import Identifiers
internal import Logging
internal import Postgres
internal import ServiceLifecycle

/// Looks every two seconds whether a tenant has got a number for which something was kept, and stores it. A look rather
/// than a signal: whoever creates the tenant, by whatever way, nothing has to remember to tell.
struct UnroutedSweeper: Service {
    private static let pause: Duration = .seconds(2)
    private static let step = 100

    let pool: PostgresPool
    let gate: DatabaseGate
    let metrics: InboundMetrics
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await gate.opened()
            while !Task.isCancelled {
                try await Task.sleep(for: Self.pause * Double.random(in: 0.8...1.2))
                while try await sweep() > 0 {}
            }
        }
    }

    /// One step; how many changes were moved.
    private func sweep() async throws(CancellationError) -> Int {
        do {
            let moved = try await pool.withTransaction { session in
                try StorageSession.prepare(session)
                return try UnroutedStore().drain(limit: Self.step, now: UnixClock.milliseconds(), in: session)
            }
            if moved > 0 {
                metrics.movedUnrouted(moved)
                logger.info("stored what was kept for a number without a tenant", metadata: ["changes": "\(moved)"])
            }
            return moved
        } catch let error as PostgresError where error.kind == .cancelled {
            throw CancellationError()
        } catch {
            logger.warning("looking for kept changes failed", metadata: ["error": "\(error)"])
            return 0
        }
    }
}
