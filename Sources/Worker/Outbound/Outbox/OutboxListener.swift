internal import Identifiers
public import Logging
public import OutboundLanes
public import Postgres
public import ServiceLifecycle

/// Drains the outbox: every second as the rule, at once on a `NOTIFY`.
///
/// The notification comes over a connection of its own, because it is waited for. While that connection is away, the
/// sweep goes on by itself.
public struct OutboxListener: Service {
    /// Rows in one transaction.
    private static let step = 200
    private static let sweep: Duration = .seconds(1)

    private let configuration: PostgresConfiguration
    private let pool: any PostgresDatabase
    private let push: @Sendable ([Turn]) async -> Void
    private let report: @Sendable (Outbox.Drained) -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - configuration: of the connection that listens.
    ///   - report: told of each step that took rows; for metrics.
    ///   - push: gives messages their turn, after the commit. It may fail as it likes: a sweep gives turns later.
    public init(
        configuration: PostgresConfiguration, pool: any PostgresDatabase, logger: Logger,
        report: @escaping @Sendable (Outbox.Drained) -> Void = { _ in },
        push: @escaping @Sendable ([Turn]) async -> Void
    ) {
        self.configuration = configuration
        self.pool = pool
        self.logger = logger
        self.report = report
        self.push = push
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await listen()
                guard !Task.isCancelled else { return }
                await drainAll()
                try? await Task.sleep(for: Self.sweep * Double.random(in: 0.8...1.2))
            }
        }
    }

    /// Drains and listens until the connection is lost.
    private func listen() async {
        do {
            let connection = try await PostgresConnection.connect(configuration)
            try await connection.withConnection { session in try session.run(script: "LISTEN \(Outbox.channel)") }
            while !Task.isCancelled {
                // After LISTEN: what was written before it, or while we worked, is found here.
                await drainAll()
                _ = try await connection.notifications(within: Self.sweep * Double.random(in: 0.8...1.2))
            }
            await connection.close()
        } catch let error as PostgresError where error.kind == .cancelled {
            return
        } catch {
            logger.debug("the outbox is not listened on for now", metadata: ["error": "\(error)"])
        }
    }

    private func drainAll() async {
        do {
            while !Task.isCancelled, try await drainStep() {}
        } catch let error as PostgresError where error.kind == .cancelled {
            return
        } catch {
            logger.warning("draining the outbox failed, trying again", metadata: ["error": "\(error)"])
        }
    }

    /// Many at once; if Postgres refuses them, one by itself; if it refuses that one for its content, that one says so
    /// in its `error`. So no row holds back the others for ever.
    /// - Returns: whether more may wait.
    private func drainStep() async throws -> Bool {
        do {
            let drained = try await drain(limit: Self.step)
            await finish(drained)
            return drained.rows == Self.step
        } catch let error as PostgresError where error.kind == .timeout || Self.refusesContent(error) {
            logger.warning("draining the outbox row by row", metadata: ["error": "\(error)"])
        }
        let first = try await pool.withTransaction { session in try Outbox.firstWaiting(in: session) }
        guard let first else { return false }
        do {
            await finish(try await drain(limit: 1, row: first))
        } catch let error as PostgresError where Self.refusesContent(error) {
            logger.error("an outbox row cannot be stored", metadata: ["error": "\(error)", "row": "\(first)"])
            let reason = "The request cannot be stored: \(error)"
            await finish(
                try await pool.withTransaction { session in try Outbox.giveUp(first, reason: reason, in: session) })
        }
        return true
    }

    private func drain(limit: Int, row: Int64? = nil) async throws -> Outbox.Drained {
        let written = WrittenTurns()
        do {
            return try await pool.withTransaction { session in
                let drained = try Outbox.drain(limit: limit, row: row, now: UnixClock.milliseconds(), in: session)
                written.note(drained.turns)
                return drained
            }
        } catch let error as PostgresError where error.kind == .outcomeUnknown {
            await push(written.all)
            throw error
        }
    }

    /// What follows a commit.
    private func finish(_ drained: Outbox.Drained) async {
        if drained.rows > 0 { report(drained) }
        if !drained.turns.isEmpty { await push(drained.turns) }
        if drained.refused > 0 {
            logger.warning(
                "outbox rows cannot be sent; their column error says why", metadata: ["rows": "\(drained.refused)"])
        }
    }

    private static func refusesContent(_ error: PostgresError) -> Bool {
        switch error.kind {
        case .data, .integrity, .usage: true
        case .connection, .timeout, .cancelled, .outcomeUnknown, .readOnly, .resources, .serialization, .other: false
        }
    }
}
