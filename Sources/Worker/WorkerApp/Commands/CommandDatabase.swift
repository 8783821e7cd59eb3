import Logging
import OperationsKit
import Postgres
import Schema

/// The database as a command needs it: one connection for one piece of work.
struct CommandDatabase {
    private let configuration: PostgresConfiguration
    private let runner: MigrationRunner

    /// Reads `DATABASE_URL` or the file that `DATABASE_URL_FILE` names: the URI may hold a password.
    init(_ settings: Settings) throws {
        configuration = try WorkerConfiguration.database(settings)
        runner = try MigrationRunner(migrations: Schema.migrations)
    }

    /// Runs one transaction, on a schema that this version may work with.
    func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        try await connected { connection in try await connection.withTransaction(body) }
    }

    /// Hands over the connection, on a schema that this version may work with.
    func connected<Value>(_ body: (PostgresConnection) async throws -> Value) async throws -> Value {
        let connection = try await PostgresConnection.connect(configuration)
        do {
            try await runner.check(connection)
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Brings the schema to this version and answers the numbers of the migrations that this took.
    func migrate(logger: Logger) async throws -> [Int] {
        try await runner.migrate(configuration, logger: logger)
    }

    /// The newest migration that this version knows.
    var newestMigration: Int { runner.newest }
}
