import Postgres
import TestSupport
import Testing

@Suite("Prepared statements") struct PreparedStatementTests {
    private static let count: PostgresStatement = "SELECT count(*) FROM pg_prepared_statements"

    @Test("A statement is prepared once per connection, and once for each set of parameter types")
    func preparedOnce() async throws {
        let connection = try await TestDatabase().connect()
        let prepared = try await connection.withConnection { session in
            for number in 0..<20 {
                try session.execute("SELECT $1", [.int8(Int64(number))])
                try session.execute("SELECT $1", [.text("\(number)")])
            }
            return try session.execute(Self.count).only().int64(0)
        }
        #expect(prepared == 3)
    }

    @Test("A statement whose table got another shape is prepared anew, with and without a transaction")
    func staleResultType() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let all: PostgresStatement = "SELECT * FROM t"
        _ = try await database.sql("CREATE TABLE t (a int8); INSERT INTO t VALUES (1)")
        for inTransaction in [true, false] {
            let body: @Sendable (PostgresSession) throws -> Int = { session in
                try session.execute("SELECT 1")
                return try session.execute(all).columnNames.count
            }
            let before = try await connection.withConnection(body)
            _ = try await database.sql("ALTER TABLE t ADD COLUMN column_\(inTransaction) text")
            let after =
                inTransaction
                ? try await connection.withTransaction(body) : try await connection.withConnection(body)
            #expect(after == before + 1)
        }
    }

    @Test("A statement that somebody deallocated is prepared anew")
    func deallocated() async throws {
        let connection = try await TestDatabase().connect()
        let sum: PostgresStatement = "SELECT $1 + 1"
        try await connection.withConnection { session in
            try session.execute(sum, [.int8(1)])
            try session.run(script: "DEALLOCATE ALL")
            #expect(try session.execute(sum, [.int8(1)]).only().int64(0) == 2)
            try session.run(script: "DEALLOCATE ALL")
        }
        let answer = try await connection.withTransaction { session in
            try session.execute(sum, [.int8(2)]).only().int64(0)
        }
        #expect(answer == 3)
    }

    @Test("SQL that never repeats does not fill the server's memory")
    func bounded() async throws {
        let connection = try await TestDatabase().connect()
        let prepared = try await connection.withConnection { session in
            for number in 0..<1200 { try session.execute(PostgresStatement("SELECT \(number)")) }
            return try session.execute(Self.count).only().int64(0)
        }
        #expect(prepared <= 512)
    }

    @Test("A script runs any number of statements as one, and undoes all if one fails")
    func scripts() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        try await connection.withConnection { session in
            try session.run(
                script: """
                    CREATE TABLE a (n int); -- a comment; with a semicolon
                    INSERT INTO a VALUES (1), (2);
                    SELECT * FROM a;
                    DO $$ BEGIN RAISE NOTICE 'not to be seen'; END $$;
                    """)
        }
        _ = try await postgresError {
            try await connection.withConnection { session in
                try session.run(script: "INSERT INTO a VALUES (3); SELECT 1 / 0; INSERT INTO a VALUES (4)")
            }
        }
        #expect(try await database.sql("SELECT count(*) FROM a") == "2")
    }
}
