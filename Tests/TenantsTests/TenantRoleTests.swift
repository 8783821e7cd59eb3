import Logging
import Postgres
import Schema
import Tenants
import TestSupport
import Testing

@Suite("The role of the tenants' scope")
struct TenantRoleTests {
    private static let count: PostgresStatement = "select count(*) from tenants"

    private static func migrate(_ url: String) async throws {
        _ = try await MigrationRunner(migrations: Schema.migrations)
            .migrate(try PostgresConfiguration(url: url), logger: Logger(label: "tests"))
    }

    @Test("databases of one cluster that are migrated at the same moment do not stand in each other's way")
    func manyDatabases() async throws {
        let server = try await PostgresServer.start(.fast)
        var urls: [String] = []
        for _ in 0..<8 { urls.append(try await server.createDatabase()) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for url in urls { group.addTask { try await Self.migrate(url) } }
            try await group.waitForAll()
        }
        for url in urls {
            let connection = try await PostgresConnection.connect(try PostgresConfiguration(url: url))
            let scope = ScopedDatabase(connection, to: TenantID(1))
            #expect(try await scope.withTransaction { session in try session.execute(Self.count).only().int64(0) } == 0)
            await connection.close()
        }
        try await server.stop()
    }

    @Test("a user that may not create roles is told what an administrator has to run, and that is enough")
    func ordinaryUser() async throws {
        let server = try await PostgresServer.start(.fast)
        let ours = try await server.createDatabase()
        _ = try await server.sql("create role plain login", on: ours)
        _ = try await server.sql("alter database \(Self.name(ours)) owner to plain", on: ours)
        let url = ours.replacing("//\(PostgresServer.user)@", with: "//plain@")
        let missing = await #expect(throws: PostgresError.self) { try await Self.migrate(url) }
        let words = #""create role quoteline_tenant nologin; grant quoteline_tenant to plain""#
        #expect(missing?.description.contains(words) == true, "\(String(describing: missing))")

        _ = try await server.sql("create role quoteline_tenant nologin", on: ours)
        let closed = await #expect(throws: PostgresError.self) { try await Self.migrate(url) }
        #expect(closed?.description.contains(#""grant quoteline_tenant to plain""#) == true)

        _ = try await server.sql("grant quoteline_tenant to plain", on: ours)
        try await Self.migrate(url)
        _ = try await server.sql("insert into tenants (name) values ('One'), ('Two')", on: url)
        // As the owner it sees all, although it is a member of the role; within the scope it does not.
        let connection = try await PostgresConnection.connect(try PostgresConfiguration(url: url))
        #expect(
            try await connection.withTransaction { session in try session.execute(Self.count).only().int64(0) } == 2)
        let scope = ScopedDatabase(connection, to: TenantID(2))
        #expect(try await scope.withTransaction { session in try session.execute(Self.count).only().int64(0) } == 1)
        await connection.close()
        try await server.stop()
    }

    @Test("a user that may create roles needs nobody")
    func roleCreator() async throws {
        let server = try await PostgresServer.start(.fast)
        let ours = try await server.createDatabase()
        _ = try await server.sql("create role maker login createrole", on: ours)
        _ = try await server.sql("alter database \(Self.name(ours)) owner to maker", on: ours)
        let url = ours.replacing("//\(PostgresServer.user)@", with: "//maker@")
        try await Self.migrate(url)
        let connection = try await PostgresConnection.connect(try PostgresConfiguration(url: url))
        let scope = ScopedDatabase(connection, to: TenantID(2))
        #expect(try await scope.withTransaction { session in try session.execute(Self.count).only().int64(0) } == 0)
        await connection.close()
        try await server.stop()
    }

    private static func name(_ url: String) -> Substring { url.split(separator: "/").last ?? "" }
}
