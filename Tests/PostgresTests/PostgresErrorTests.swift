import Postgres
import TestSupport
import Testing

@Suite("Errors") struct PostgresErrorTests {
    private static let schema = """
        CREATE TABLE customers (id int8 PRIMARY KEY);
        CREATE TABLE messages (
            wamid text CONSTRAINT messages_wamid_key UNIQUE,
            body varchar(5),
            customer int8 CONSTRAINT messages_customer_fkey REFERENCES customers,
            age int CONSTRAINT messages_age_check CHECK (age > 0),
            kind text NOT NULL DEFAULT 'text'
        );
        INSERT INTO messages (wamid) VALUES ('taken');
        """

    struct Case: Sendable, CustomTestStringConvertible {
        let sql: PostgresStatement
        let kind: PostgresError.Kind
        let sqlState: String
        var constraint: String?
        var testDescription: String { "\(sqlState): \(sql.sql)" }
    }

    private static let cases = [
        Case(
            sql: "INSERT INTO messages (wamid) VALUES ('taken')", kind: .integrity, sqlState: "23505",
            constraint: "messages_wamid_key"),
        Case(
            sql: "INSERT INTO messages (customer) VALUES (4711)", kind: .integrity, sqlState: "23503",
            constraint: "messages_customer_fkey"),
        Case(
            sql: "INSERT INTO messages (age) VALUES (-4711)", kind: .integrity, sqlState: "23514",
            constraint: "messages_age_check"),
        Case(sql: "INSERT INTO messages (kind) VALUES (NULL)", kind: .integrity, sqlState: "23502"),
        Case(sql: "INSERT INTO messages (body) VALUES ('secret text')", kind: .data, sqlState: "22001"),
        Case(sql: "SELECT 'secret text'::text::int4", kind: .data, sqlState: "22P02"),
        Case(sql: "SELECT 2147483647 + 1", kind: .data, sqlState: "22003"),
        Case(sql: "SELECT 1 / 0", kind: .data, sqlState: "22012"),
        Case(
            sql: """
                INSERT INTO messages (wamid) SELECT string_agg(md5(n::text), '') FROM generate_series(1, 1000) AS n
                """, kind: .data, sqlState: "54000"),
        Case(sql: "SELECT repeat('[', 100000)::jsonb", kind: .data, sqlState: "54001"),
        Case(
            sql: """
                INSERT INTO messages (wamid) VALUES ('new'), ('new') ON CONFLICT (wamid) DO UPDATE SET age = 1
                """, kind: .data, sqlState: "21000"),
        Case(sql: "SELECT * FROM no_such_table", kind: .other, sqlState: "42P01"),
        Case(sql: "SELEKT", kind: .other, sqlState: "42601"),
    ]

    @Test(
        "An error is typed by its SQLSTATE and names the constraint, and its description quotes no value",
        arguments: cases)
    func typed(expected: Case) async throws {
        let connection = try await TestDatabase().connect()
        try await connection.withTransaction { session in try session.run(script: Self.schema) }
        let error = try await postgresError {
            try await connection.withTransaction { session in _ = try session.execute(expected.sql) }
        }
        #expect(error.kind == expected.kind)
        #expect(error.sqlState == expected.sqlState)
        #expect(error.constraint == expected.constraint)
        #expect(!error.mayHaveCommitted)
        #expect("\(error)".contains(expected.sqlState))
        for value in ["taken", "4711", "secret"] { #expect(!"\(error)".contains(value), "\(error)") }
        try await connection.ping()
    }

    @Test("The whole report is there for a developer who asks for it")
    func reflected() async throws {
        let connection = try await TestDatabase().connect()
        let error = try await postgresError {
            try await connection.withTransaction { session in
                try session.run(script: Self.schema)
                _ = try session.execute("INSERT INTO messages (wamid) VALUES ('taken')")
            }
        }
        #expect(String(reflecting: error).contains("(wamid)=(taken)"))
    }

    @Test("Two transactions that cannot both be serial: one fails as serialization, 40001")
    func serializationFailure() async throws {
        let database = try await TestDatabase()
        let first = try await database.connect()
        let second = try await database.connect()
        try await first.withTransaction { session in
            try session.run(script: "CREATE TABLE counters (n int8); INSERT INTO counters VALUES (0)")
        }
        let options = PostgresTransactionOptions(isolation: .repeatableRead)
        let (reads, wrote) = (Gate(), Gate())
        async let loser = postgresError {
            try await first.withTransaction(options: options) { session in
                _ = try session.execute("SELECT n FROM counters")
                reads.open()
                wrote.waitOnThisThread()
                _ = try session.execute("UPDATE counters SET n = n + 1")
            }
        }
        try await reads.wait()
        try await second.withTransaction { session in _ = try session.execute("UPDATE counters SET n = n + 1") }
        wrote.open()
        let error = try await loser
        #expect(error.kind == .serialization)
        #expect(error.sqlState == "40001")
    }

    @Test("Of two transactions that wait for each other one fails as serialization, 40P01")
    func deadlock() async throws {
        let database = try await TestDatabase()
        _ = try await database.sql("CREATE TABLE rows (id int8, n int8); INSERT INTO rows VALUES (1, 0), (2, 0)")
        let gates = [Gate(), Gate()]
        let errors = try await withThrowingTaskGroup(of: PostgresError?.self) { group in
            for index in 0..<2 {
                let connection = try await database.connect()
                group.addTask {
                    do {
                        try await connection.withTransaction { session in
                            try session.run(script: "SET LOCAL deadlock_timeout = '50ms'")
                            try session.execute("UPDATE rows SET n = 1 WHERE id = $1", [.int8(Int64(index + 1))])
                            gates[index].open()
                            gates[1 - index].waitOnThisThread()
                            try session.execute("UPDATE rows SET n = 1 WHERE id = $1", [.int8(Int64(2 - index))])
                        }
                        return nil
                    } catch let error as PostgresError {
                        return error
                    }
                }
            }
            return try await group.reduce(into: [PostgresError]()) { if let error = $1 { $0.append(error) } }
        }
        #expect(errors.map(\.sqlState) == ["40P01"])
        #expect(errors.map(\.kind) == [.serialization])
    }

    @Test("Writing in a read-only transaction is its own kind")
    func readOnly() async throws {
        let connection = try await TestDatabase().connect()
        let error = try await postgresError {
            try await connection.withTransaction(options: PostgresTransactionOptions(isReadOnly: true)) { session in
                try session.run(script: "CREATE TABLE t ()")
            }
        }
        #expect(error.kind == .readOnly)
    }

    @Test("A password that the server refuses is a connection error that does not repeat it")
    func wrongPassword() async throws {
        var options = PostgresServer.Options.fast
        options.password = "right-one"
        let server = try await PostgresServer.start(options)
        let url = server.url.replacing(":right-one@", with: ":wrong-one@")
        let error = try await postgresError {
            _ = try await PostgresConnection.connect(try PostgresConfiguration(url: url))
        }
        #expect(error.kind == .connection)
        #expect(error.description.contains("password authentication failed"))
        #expect(!String(reflecting: error).contains("wrong-one"))
        try await PostgresConnection.connect(try PostgresConfiguration(url: server.url)).ping()
        try await server.stop()
    }
}
