internal import Conversations
internal import Logging
internal import Postgres
internal import ServiceLifecycle

/// What is done for conversations beside storing what comes, twice a second: changes find messages that came after them,
/// messages follow a number that went to somebody else, and events get their positions, so that those who listen in the
/// database are told.
struct ConversationSweeper: Service {
    private static let pause: Duration = .milliseconds(500)

    let pool: PostgresPool
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var sweep = ChangeSweep()
            while !Task.isCancelled {
                try await Task.sleep(for: Self.pause * Double.random(in: 0.8...1.2))
                do {
                    sweep = try await step(sweep)
                } catch let error as PostgresError where error.kind == .cancelled {
                    return
                } catch {
                    logger.warning("looking after conversations failed", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    private func step(_ sweep: ChangeSweep) async throws -> ChangeSweep {
        while try await pool.withTransaction({ session in try EventFeed.number(in: session) }) {}
        try await NumberSweep.run(in: pool)
        return try await pool.withTransaction { session in
            var sweep = sweep
            _ = try sweep.step(in: session)
            return sweep
        }
    }
}
