import Postgres
import Testing

@Suite("Configuration") struct PostgresConfigurationTests {
    @Test(
        "A URL that libpq cannot use is refused with the reason, and no part of it is repeated",
        arguments: [
            ("", "empty"),
            ("mysql://user:s3cr3t-word@host/db", "begin with postgresql://"),
            ("host=localhost password=s3cr3t-word", "begin with postgresql://"),
            ("postgres://user:s3cr3t-word%zz@host/db", "percent-encoding"),
            ("postgres://user:s3cr3t-word@host/db?nonsense=s3cr3t-word", "none of libpq's"),
            ("postgres://user:s3cr3t-word@host/db?sslmode", "name=value"),
            ("postgres://user:s3cr3t-word@host:54x2/db", "port"),
            ("postgres://user:s3cr3t-word@host:0/db", "port"),
            ("postgres://user:s3cr3t-word@host:70000/db", "port"),
            ("postgres://user:s3cr3t-word@host/db?sslmode=s3cr3t", "sslmode is none of disable"),
            ("postgres://user:s3cr3t-word@host/db?connect_timeout=s3cr3t", "connect_timeout is not a whole number"),
            ("postgres://user:s3cr3t-w/ord@host/db", "%2F"),
            ("postgres://user:s3cr3t-w@rd@host/db", "%40"),
            ("postgres://user:s3cr3t-word@[::1/db", "IPv6"),
            ("postgres://user:s3cr3t-word\0@host/db", "NUL"),
        ])
    func badURL(url: String, reason: String) {
        let error = #expect(throws: PostgresURLError.self) { try PostgresConfiguration(url: url) }
        let text = "\(String(describing: error)) \(String(reflecting: error))"
        #expect(text.contains(reason))
        #expect(!text.contains("s3cr3t"))
    }

    @Test(
        "URLs that libpq takes are taken, and no description shows the password",
        arguments: [
            "postgres://user:s3cr3t-word@host:5432/db",
            "postgresql://user:s3cr3t%40%2Fword@[::1]:5432/db?sslmode=require&connect_timeout=3",
            "postgresql://user:s3cr3t-word@one:5432,two:5433/db?target_session_attrs=read-write",
            "postgresql:///db?host=/run/postgresql&user=me&password=s3cr3t-word",
            "postgres://",
        ])
    func goodURL(url: String) throws {
        let configuration = try PostgresConfiguration(url: url)
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("s3cr3t"))
        }
    }

    @Test("The URL's own connect_timeout counts")
    func connectTimeout() throws {
        #expect(try PostgresConfiguration(url: "postgres://host/db?connect_timeout=3").connectTimeout == .seconds(3))
        #expect(try PostgresConfiguration(url: "postgres://host/db").connectTimeout == .seconds(5))
    }

    @Test("The session runs as configured, and what the URL says goes first")
    func sessionSettings() async throws {
        let database = try await TestDatabase()
        var configuration = try PostgresConfiguration(
            url: database.url + "?options=-c%20idle_in_transaction_session_timeout%3D7s&application_name=own")
        configuration.statementTimeout = .milliseconds(1500)
        let connection = try await PostgresConnection.connect(configuration)
        let settings = try await connection.withConnection { session in
            let row = try session.execute(
                """
                SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'),
                       current_setting('TimeZone'), current_setting('client_encoding'),
                       current_setting('application_name')
                """
            ).only()
            return try (0..<5).map { try row.string($0) }
        }
        #expect(settings == ["1500ms", "7s", "UTC", "UTF8", "own"])
    }
}
