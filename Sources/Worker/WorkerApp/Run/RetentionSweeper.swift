internal import Conversations
internal import Logging
internal import Postgres
internal import ServiceLifecycle

/// Removes what is older than tenants keep it: a run every hour, in small steps with a pause after each, so that who
/// writes meanwhile does not notice.
struct RetentionSweeper: Service {
    private static let pause: Duration = .seconds(3_600)
    private static let rest: Duration = .milliseconds(50)

    let pool: PostgresPool
    /// `RETENTION_DAYS`; nil: only tenants with a number of their own.
    let days: Int32?
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await sweep()
                } catch let error as PostgresError where error.kind == .cancelled {
                    return
                } catch let error as CancellationError {
                    throw error
                } catch {
                    logger.warning("removing what is old failed", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: Self.pause * Double.random(in: 0.9...1.1))
            }
        }
    }

    private func sweep() async throws {
        let retention = Retention()
        let rules = try await pool.withTransaction { [days] session in try Retention.rules(days: days, in: session) }
        for rule in rules {
            var (progress, removed) = (Retention.Progress(), Retention.Removed())
            while !progress.isDone {
                let before = progress
                let (after, step) = try await pool.withTransaction { session in
                    var progress = before
                    let step = try retention.advance(&progress, rule, in: session)
                    return (progress, step)
                }
                progress = after
                removed += step
                try await Task.sleep(for: Self.rest)
            }
            let total = removed
            try await pool.withTransaction { session in try Retention.note(total, rule, in: session) }
            if !removed.isEmpty {
                logger.info(
                    "removed what was older than the tenant keeps it",
                    metadata: ["tenant": "\(rule.tenant)", "messages": "\(removed.messages)"])
            }
        }
        guard let days else { return }
        while try await pool.withTransaction({ session in
            try retention.removeUnowned(days: days, in: session)
        }) > 0 { try await Task.sleep(for: Self.rest) }
    }
}
