public import Postgres

/// The database as one tenant may see it: whatever a statement says, rows of others are not there, cannot be written,
/// and tables that belong to no tenant cannot be read (row-level security, migration 5).
public struct ScopedDatabase: Sendable {
    /// The role that row-level security holds for.
    public static let role = "quoteline_tenant"
    /// The run-time parameter that says whose rows there are.
    public static let setting = "quoteline.tenant"

    public let tenant: TenantID
    private let database: any PostgresDatabase

    public init(_ database: any PostgresDatabase, to tenant: TenantID) {
        self.database = database
        self.tenant = tenant
    }

    /// Runs `body` between BEGIN and COMMIT within the tenant's scope, which costs no round trip of its own.
    ///
    /// Throws what `body` throws, or a `PostgresError`; of SQLSTATE 42501 if the user of the connection may not become
    /// ``role``: `worker doctor` says what to do then.
    public func withTransaction<Value: Sendable>(
        options: PostgresTransactionOptions = .standard,
        _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        var options = options
        // Before what the caller sets: nothing is done outside of the scope.
        options.settings =
            [
                PostgresTransactionOptions.Setting("role", Self.role),
                PostgresTransactionOptions.Setting(Self.setting, String(tenant.value)),
            ] + options.settings
        return try await database.withTransaction(options: options, body)
    }
}
