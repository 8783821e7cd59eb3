internal import HTTPTypes
internal import Postgres
internal import Synchronization
internal import Tenants

/// How many of the console's connections one tenant has at once: its searches leave the others theirs. What is more waits
/// in the order of its arrival, and what is more than that is told to come again.
final class TenantShares: Sendable {
    /// Connections at once, for each tenant.
    static let connections = 2
    /// Waiting, for each tenant.
    static let waiting = 256

    private struct Share {
        var running = 0
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let atOnce: Int
    private let mostWaiting: Int
    private let shares = Mutex<[Int64: Share]>([:])

    init(atOnce: Int = TenantShares.connections, waiting: Int = TenantShares.waiting) {
        self.atOnce = atOnce
        mostWaiting = waiting
    }

    /// The database as far as this tenant's share of it goes.
    func database(_ database: any PostgresDatabase, of tenant: TenantID) -> any PostgresDatabase {
        SharedDatabase(database: database, shares: self, tenant: tenant)
    }

    /// Throws a ``Problem`` where too many wait already.
    func use<Value: Sendable>(
        _ tenant: TenantID, _ body: () async throws -> Value
    ) async throws -> Value {
        try await enter(tenant)
        defer { leave(tenant) }
        return try await body()
    }

    private func enter(_ tenant: TenantID) async throws {
        let isFull = await withCheckedContinuation { (turn: CheckedContinuation<Bool, Never>) in
            let answer: Bool? = shares.withLock { shares in
                var share = shares[tenant.value] ?? Share()
                defer { shares[tenant.value] = share }
                if share.running < atOnce {
                    share.running += 1
                    return false
                }
                guard share.waiting.count < mostWaiting else { return true }
                share.waiting.append(turn)
                return nil
            }
            if let answer { turn.resume(returning: answer) }
        }
        guard isFull else { return }
        var problem = Problem(
            .tooManyRequests, "too_many_requests", "Too many requests at once.",
            detail: "Wait for answers before asking for more.")
        problem.headers[.retryAfter] = "1"
        throw problem
    }

    private func leave(_ tenant: TenantID) {
        let next: CheckedContinuation<Bool, Never>? = shares.withLock { shares in
            guard var share = shares[tenant.value] else { return nil }
            defer { shares[tenant.value] = share.running == 0 ? nil : share }
            guard share.waiting.isEmpty else { return share.waiting.removeFirst() }
            share.running -= 1
            return nil
        }
        next?.resume(returning: false)
    }
}

private struct SharedDatabase: PostgresDatabase {
    let database: any PostgresDatabase
    let shares: TenantShares
    let tenant: TenantID

    func withTransaction<Value: Sendable>(
        options: PostgresTransactionOptions, _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        try await shares.use(tenant) { try await database.withTransaction(options: options, body) }
    }

    func withConnection<Value: Sendable>(
        timeout: Duration?, _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        try await shares.use(tenant) { try await database.withConnection(timeout: timeout, body) }
    }
}
