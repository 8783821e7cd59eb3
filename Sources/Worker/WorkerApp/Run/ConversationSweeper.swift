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
            // Many numbers at once take a while, for which nobody else's news wait.
            async let numbers: Void = runNumbers()
            try await runNews()
            try await numbers
        }
    }

    private func runNumbers() async throws {
        try await repeating { try await NumberSweep.run(in: pool) }
    }

    private func runNews() async throws {
        var sweep = ChangeSweep()
        try await repeating {
            while try await pool.withTransaction({ session in try EventFeed.number(in: session) }) {}
            let before = sweep
            sweep = try await pool.withTransaction { session in
                var sweep = before
                _ = try sweep.step(in: session)
                return sweep
            }
        }
    }

    /// Until the task is cancelled.
    private func repeating(_ step: () async throws -> Void) async throws {
        while !Task.isCancelled {
            try await Task.sleep(for: Self.pause * Double.random(in: 0.8...1.2))
            do {
                try await step()
            } catch let error as PostgresError where error.kind == .cancelled {
                return
            } catch {
                logger.warning("looking after conversations failed", metadata: ["error": "\(error)"])
            }
        }
    }
}
