import Logging
import Postgres
import TestSupport

/// A database of its own on the tests' shared server.
struct TestDatabase {
    let server: PostgresServer
    let url: String

    init() async throws {
        server = try await PostgresServer.shared()
        url = try await server.createDatabase()
    }

    var configuration: PostgresConfiguration {
        get throws { try PostgresConfiguration(url: url) }
    }

    func connect() async throws -> PostgresConnection {
        try await PostgresConnection.connect(try configuration)
    }

    func withPool<Value>(
        size: Int, waitLimit: Duration = .seconds(60), _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        try await runPool(try configuration, size: size, waitLimit: waitLimit, body)
    }

    func sql(_ text: String) async throws -> String {
        try await server.sql(text, on: url)
    }
}

/// Runs a pool as a service would, for as long as `body` takes.
func runPool<Value>(
    _ configuration: PostgresConfiguration, size: Int, waitLimit: Duration = .seconds(60),
    _ body: (PostgresPool) async throws -> Value
) async throws -> Value {
    let pool = PostgresPool(
        configuration: configuration, size: size, waitLimit: waitLimit, logger: Logger(label: "tests"))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await pool.run() }
        defer { group.cancelAll() }
        return try await body(pool)
    }
}

/// The `PostgresError` that `body` throws; anything else is passed on, and nothing thrown is an error of the test.
func postgresError(_ body: () async throws -> Void) async throws -> PostgresError {
    do {
        try await body()
    } catch let error as PostgresError {
        return error
    }
    throw TestSupportError("a PostgresError was expected, and nothing was thrown")
}
