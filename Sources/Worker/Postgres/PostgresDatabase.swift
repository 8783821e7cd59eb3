/// Where work can be run: the pool, or one connection outside of it.
public protocol PostgresDatabase: Sendable {
    /// Runs `body` between BEGIN and COMMIT, and rolls back if it throws.
    ///
    /// `body` is synchronous and runs on the connection's thread, never on Swift's cooperative pool. It is run a second
    /// time, in a new transaction, if a prepared statement turned out not to fit a changed schema; it should therefore
    /// have no effect besides those on the database.
    ///
    /// - Throws: what `body` throws, or a `PostgresError`. Of kind `outcomeUnknown`: COMMIT was sent and its answer was
    ///   lost.
    func withTransaction<Value: Sendable>(
        options: PostgresTransactionOptions, _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value

    /// Runs `body` without a transaction: each statement commits by itself.
    ///
    /// - Parameter timeout: for everything from the call on, waiting for a free connection included.
    func withConnection<Value: Sendable>(
        timeout: Duration?, _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value
}

extension PostgresDatabase {
    public func withTransaction<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        try await withTransaction(options: .standard, body)
    }

    public func withConnection<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        try await withConnection(timeout: nil, body)
    }

    /// One round trip to the server and back.
    public func ping(timeout: Duration = .seconds(2)) async throws {
        try await withConnection(timeout: timeout) { session in _ = try session.run(script: "SELECT 1") }
    }
}
