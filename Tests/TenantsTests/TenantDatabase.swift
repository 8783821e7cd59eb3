import Logging
import Postgres
import Schema
import TestSupport

/// A fresh database of the shared server, with the schema in place and one connection to it.
struct TenantDatabase {
    let server: PostgresServer
    let url: String
    let connection: PostgresConnection

    static func make() async throws -> TenantDatabase {
        let server = try await PostgresServer.shared()
        let url = try await server.createDatabase()
        let configuration = try PostgresConfiguration(url: url)
        _ = try await MigrationRunner(migrations: Schema.migrations)
            .migrate(configuration, logger: Logger(label: "tests"))
        return TenantDatabase(
            server: server, url: url, connection: try await PostgresConnection.connect(configuration))
    }

    func sql(_ text: String) async throws -> String {
        try await server.sql(text, on: url)
    }
}
