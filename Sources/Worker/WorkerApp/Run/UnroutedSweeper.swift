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
            let moved = try await moveSome()
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

    /// Many at once; if Postgres refuses them, one by itself; if it refuses that one for its content, that one raw. So no
    /// change holds back the others for ever.
    private func moveSome() async throws -> Int {
        do {
            return try await move(limit: Self.step)
        } catch let error as PostgresError where error.kind == .timeout || error.refusesContent {
            logger.warning("storing kept changes one by one", metadata: ["error": "\(error)"])
        }
        do {
            return try await move(limit: 1)
        } catch let error as PostgresError where error.refusesContent {
            logger.error("kept a change raw that could not be stored", metadata: ["error": "\(error)"])
            metrics.keptRaw()
            return try await move(limit: 1, raw: true)
        }
    }

    private func move(limit: Int, raw: Bool = false) async throws -> Int {
        try await pool.withTransaction { session in
            return try UnroutedStore().drain(limit: limit, raw: raw, now: UnixClock.milliseconds(), in: session)
        }
    }
}

extension PostgresError {
    /// Whether it is what was to be stored that Postgres refuses, now and whenever it is tried again.
    var refusesContent: Bool {
        switch kind {
        case .data, .integrity, .usage: true
        case .connection, .timeout, .cancelled, .outcomeUnknown, .readOnly, .resources, .serialization, .other: false
        }
    }
}
