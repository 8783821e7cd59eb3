import Postgres
import TestSupport
import Testing

@Suite("Transactions") struct PostgresTransactionTests {
    private struct Refusal: Error {}

    private func makeTable() async throws -> (TestDatabase, PostgresConnection) {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        try await connection.withTransaction { session in
            try session.run(script: "CREATE TABLE t (n int8 UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        }
        return (database, connection)
    }

    @Test("What the body did is committed together, and its value returned")
    func commits() async throws {
        let (database, connection) = try await makeTable()
        let changed = try await connection.withTransaction { session in
            try session.execute("INSERT INTO t SELECT generate_series(1, 3)").rowsAffected
                + session.execute("DELETE FROM t WHERE n = 2").rowsAffected
        }
        #expect(changed == 4)
        #expect(try await database.sql("SELECT n FROM t ORDER BY n") == "1\n3")
    }

    @Test("A body that throws leaves nothing behind, and its own error comes out")
    func rollsBackOnThrow() async throws {
        let (database, connection) = try await makeTable()
        await #expect(throws: Refusal.self) {
            try await connection.withTransaction { session in
                try session.execute("INSERT INTO t VALUES (1)")
                throw Refusal()
            }
        }
        #expect(try await database.sql("SELECT count(*) FROM t") == "0")
        try await connection.withTransaction { session in _ = try session.execute("INSERT INTO t VALUES (2)") }
        #expect(try await database.sql("SELECT n FROM t") == "2")
    }

    @Test("A body that swallows a statement's error cannot commit: that error comes out")
    func swallowedError() async throws {
        let (database, connection) = try await makeTable()
        let error = try await postgresError {
            try await connection.withTransaction { session in
                try session.execute("INSERT INTO t VALUES (1)")
                _ = try? session.execute("SELECT 1 / 0")
                _ = try? session.execute("SELECT 1")
            }
        }
        #expect(error.sqlState == "22012")
        #expect(try await database.sql("SELECT count(*) FROM t") == "0")
    }

    @Test("A COMMIT that the server refuses is an error with its constraint, and not an unknown outcome")
    func refusedCommit() async throws {
        let (_, connection) = try await makeTable()
        let error = try await postgresError {
            try await connection.withTransaction { session in
                _ = try session.execute("INSERT INTO t VALUES (1), (1)")
            }
        }
        #expect(error.kind == .integrity)
        #expect(error.constraint == "t_n_key")
        #expect(!error.mayHaveCommitted)
        try await connection.ping()
    }

    @Test("A body that ends its transaction by itself is told so")
    func endedByBody() async throws {
        let (_, connection) = try await makeTable()
        let error = try await postgresError {
            try await connection.withTransaction { session in try session.run(script: "COMMIT") }
        }
        #expect(error.kind == .usage)
        try await connection.ping()
    }

    @Test("A connection left inside of a transaction is not used again")
    func leftOpen() async throws {
        try await TestDatabase().withPool(size: 1) { pool in
            let before = try await pool.withConnection { session in
                let pid = try session.execute("SELECT pg_backend_pid()").only().int64(0)
                try session.run(script: "BEGIN")
                return pid
            }
            let after = try await pool.withConnection { session in
                try session.execute("SELECT pg_backend_pid()").only().int64(0)
            }
            #expect(before != after)
        }
    }

    @Test("Terminated in mid-transaction: a connection error, nothing committed, and the pool goes on")
    func terminatedBackend() async throws {
        let database = try await TestDatabase()
        _ = try await database.sql("CREATE TABLE t (n int8)")
        try await database.withPool(size: 2) { pool in
            let (started, terminated) = (Gate(), Gate())
            async let error = postgresError {
                try await pool.withTransaction { session in
                    try session.execute("INSERT INTO t VALUES (1)")
                    started.open()
                    terminated.waitOnThisThread()
                    _ = try session.execute("INSERT INTO t VALUES (2)")
                }
            }
            try await started.wait()
            _ = try await database.sql(
                """
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE datname = current_database() AND state = 'idle in transaction'
                """)
            terminated.open()
            #expect(try await error.kind == .connection)
            #expect(try await database.sql("SELECT count(*) FROM t") == "0")
            for _ in 0..<4 { try await pool.ping() }
            try await waitUntil("both connections to be there") { pool.statistics.idle == 2 }
        }
    }

    @Test("Terminated before COMMIT is sent: known not to be committed")
    func terminatedBeforeCommit() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let (started, terminated) = (Gate(), Gate())
        async let error = postgresError {
            try await connection.withTransaction { session in
                try session.execute("SELECT 1")
                started.open()
                terminated.waitOnThisThread()
            }
        }
        try await started.wait()
        _ = try await database.sql(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND state = 'idle in transaction'
            """)
        terminated.open()
        let thrown = try await error
        #expect(thrown.kind == .connection)
        #expect(!thrown.mayHaveCommitted)
    }

    @Test("Terminated while COMMIT runs: the outcome is unknown, and the error says so")
    func terminatedDuringCommit() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        try await connection.withTransaction { session in
            // A deferred trigger runs inside of COMMIT and holds it there.
            try session.run(
                script: """
                    CREATE TABLE t (n int8);
                    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS
                        'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
                    CREATE CONSTRAINT TRIGGER lingering AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW EXECUTE FUNCTION linger();
                    """)
        }
        async let error = postgresError {
            try await connection.withTransaction { session in _ = try session.execute("INSERT INTO t VALUES (1)") }
        }
        try await waitUntil("COMMIT to run and be terminated") {
            try await database.sql(
                """
                SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND query = 'COMMIT' AND state = 'active'
                """) == "t"
        }
        let thrown = try await error
        #expect(thrown.kind == .outcomeUnknown)
        #expect(thrown.sqlState == "08007")
        #expect(thrown.mayHaveCommitted)
    }

    @Test("A statement outside of a transaction whose answer is lost may have taken effect")
    func lostAnswerWithoutTransaction() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        async let error = postgresError {
            try await connection.withConnection { session in _ = try session.execute("SELECT pg_sleep(60)") }
        }
        try await waitUntil("the statement to run and be terminated") {
            try await database.sql(
                """
                SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()
                """) == "t"
        }
        let thrown = try await error
        #expect(thrown.kind == .connection)
        #expect(thrown.mayHaveCommitted)
        let next = try await postgresError { try await connection.ping() }
        #expect(next.kind == .connection)
    }

    @Test("COPY from the client is refused and does not hang")
    func copyIsRefused() async throws {
        let (_, connection) = try await makeTable()
        let error = try await postgresError {
            try await connection.withTransaction { session in try session.run(script: "COPY t FROM STDIN") }
        }
        #expect(error.kind == .usage)
    }

    @Test("SQL text with a NUL is a usage error, prepared or as a script")
    func nulInSQL() async throws {
        let (_, connection) = try await makeTable()
        for isScript in [true, false] {
            let error = try await postgresError {
                try await connection.withConnection { session in
                    if isScript {
                        try session.run(script: "SELECT 1\0; DROP TABLE t")
                    } else {
                        try session.execute("SELECT 1\0; DROP TABLE t")
                    }
                }
            }
            #expect(error.kind == .usage)
        }
        try await connection.ping()
    }
}
