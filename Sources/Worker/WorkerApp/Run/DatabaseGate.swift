internal import Logging
internal import Postgres
internal import Schema
internal import ServiceLifecycle
internal import Synchronization
internal import Tenants

/// Opens once Postgres answers, its schema fits this version and the encryption keys fit the database.
///
/// An absent Postgres is waited for. A schema or a key that does not fit ends the process with the reason: working on
/// would damage what a neighbour relies on.
final class DatabaseGate: Service {
    private struct State {
        var isOpen = false
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var next = 0
    }

    private let pool: PostgresPool
    private let keys: EncryptionKeyRing
    private let logger: Logger
    private let state = Mutex(State())

    init(pool: PostgresPool, keys: EncryptionKeyRing, logger: Logger) {
        self.pool = pool
        self.keys = keys
        self.logger = logger
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await self.wait() }
        try? await gracefulShutdown()
    }

    private func wait() async throws {
        var failures = 0
        while !Task.isCancelled {
            do {
                try await check()
                let waiting = state.withLock { state in
                    state.isOpen = true
                    defer { state.waiting = [:] }
                    return Array(state.waiting.values)
                }
                for continuation in waiting { continuation.resume() }
                logger.info("Postgres is there and its schema fits")
                return
            } catch let error as PostgresError {
                if failures % 20 == 0 { logger.warning("waiting for Postgres", metadata: ["error": "\(error)"]) }
                failures += 1
                try? await Task.sleep(for: .milliseconds(min(1_000, 100 << min(failures, 4))))
            }
        }
    }

    private func check() async throws {
        try await MigrationRunner(migrations: Schema.migrations).check(pool)
        let keys = keys
        try await pool.withTransaction { session in try EncryptionCheck.verify(keys, in: session) }
    }

    /// Returns once the gate is open.
    func opened() async throws {
        let ticket = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if state.isOpen { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiting[ticket] = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume(throwing: CancellationError())
        }
    }
}
