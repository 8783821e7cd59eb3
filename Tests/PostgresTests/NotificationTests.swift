import Postgres
import TestSupport
import Testing

@Suite("Notifications")
struct NotificationTests {
    @Test("what is notified arrives at once, and a wait without it ends with nothing")
    func arrival() async throws {
        let server = try await PostgresServer.shared()
        let url = try await server.createDatabase()
        let connection = try await PostgresConnection.connect(try PostgresConfiguration(url: url))
        try await connection.withConnection { session in try session.run(script: "LISTEN news") }
        #expect(try await connection.notifications(within: .milliseconds(5)).isEmpty)
        async let arrived = connection.notifications(within: .seconds(10))
        _ = try await server.sql("NOTIFY news, 'one'", on: url)
        let first = try await arrived
        #expect(first.map(\.channel) == ["news"] && first.map(\.payload) == ["one"])
        // What came while nobody waited is not lost.
        _ = try await server.sql("NOTIFY news, 'two'; NOTIFY other, 'x'", on: url)
        #expect(try await connection.notifications(within: .seconds(10)).map(\.payload) == ["two"])
        await connection.close()
    }

    @Test("a cancelled wait ends, a cut connection is told")
    func ends() async throws {
        let server = try await PostgresServer.shared()
        let url = try await server.createDatabase()
        let connection = try await PostgresConnection.connect(try PostgresConfiguration(url: url))
        try await connection.withConnection { session in try session.run(script: "LISTEN news") }
        let waiting = Task { try await connection.notifications(within: .seconds(60)) }
        waiting.cancel()
        let cancelled = await #expect(throws: PostgresError.self) { try await waiting.value }
        #expect(cancelled?.kind == .cancelled)
        let cut = Task { try await connection.notifications(within: .seconds(60)) }
        _ = try await server.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%' and datname = current_database()",
            on: url)
        let lost = await #expect(throws: PostgresError.self) { try await cut.value }
        #expect(lost?.kind == .connection)
    }
}
