import Postgres
import TestSupport
import Testing

@Suite("Deadlines and cancellation") struct PostgresDeadlineTests {
    private static let sleep: PostgresStatement = "SELECT pg_sleep(60)"

    private func isSleeping(_ database: TestDatabase) async throws -> Bool {
        try await database.sql(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND query = 'SELECT pg_sleep(60)' AND state = 'active'
            """) != "0"
    }

    @Test("The caller's deadline ends a statement here and on the server")
    func deadline() async throws {
        let database = try await TestDatabase()
        try await database.withPool(size: 1) { pool in
            let start = ContinuousClock.now
            let error = try await postgresError {
                try await pool.withTransaction(options: PostgresTransactionOptions(timeout: .milliseconds(200))) {
                    _ = try $0.execute(Self.sleep)
                }
            }
            #expect(error.kind == .timeout)
            #expect(ContinuousClock.now - start < .seconds(6))
            try await waitUntil("the server to give up the statement") { try await !isSleeping(database) }
            try await pool.ping(timeout: .seconds(20))
        }
    }

    @Test("The server's statement_timeout ends a statement, and the connection stays good")
    func statementTimeout() async throws {
        let database = try await TestDatabase()
        var configuration = try database.configuration
        configuration.statementTimeout = .seconds(2)
        try await runPool(configuration, size: 1) { pool in
            let backend: @Sendable (PostgresSession) throws -> Int64 = {
                try $0.execute("SELECT pg_backend_pid()").only().int64(0)
            }
            let before = try await pool.withConnection(backend)
            let error = try await postgresError {
                try await pool.withTransaction { _ = try $0.execute(Self.sleep) }
            }
            #expect(error.kind == .timeout)
            #expect(error.sqlState == "57014")
            #expect(try await pool.withConnection(backend) == before)
        }
    }

    @Test("A lock that is not given in time is a timeout")
    func lockTimeout() async throws {
        let database = try await TestDatabase()
        _ = try await database.sql("CREATE TABLE t ()")
        let holder = try await database.connect()
        let (locked, done) = (Gate(), Gate())
        async let holding: Void = holder.withTransaction { session in
            try session.run(script: "LOCK TABLE t")
            locked.open()
            done.waitOnThisThread()
        }
        try await locked.wait()
        let waiter = try await database.connect()
        let error = try await postgresError {
            try await waiter.withTransaction { session in
                try session.run(script: "SET LOCAL lock_timeout = '50ms'; LOCK TABLE t")
            }
        }
        done.open()
        try await holding
        #expect(error.kind == .timeout)
        #expect(error.sqlState == "55P03")
    }

    @Test("Cancelling the task ends its statement here and on the server")
    func cancellation() async throws {
        let database = try await TestDatabase()
        try await database.withPool(size: 1) { pool in
            let task = Task {
                try await postgresError { try await pool.withTransaction { _ = try $0.execute(Self.sleep) } }
            }
            try await waitUntil("the statement to run") { try await isSleeping(database) }
            task.cancel()
            #expect(try await task.value.kind == .cancelled)
            try await waitUntil("the server to give up the statement") { try await !isSleeping(database) }
            try await pool.ping(timeout: .seconds(20))
        }
    }

    @Test("A task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let task = Task {
            try await waitUntil("forever", within: .seconds(30)) { false }
        }
        task.cancel()
        _ = await task.result
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await postgresError {
                try await connection.withTransaction { try $0.run(script: "CREATE TABLE t ()") }
            }
        }
        #expect(try await cancelled.value.kind == .cancelled)
        #expect(try await database.sql("SELECT to_regclass('t') IS NULL") == "t")
        try await connection.ping()
    }

    @Test("A server that stands still is given up soon after the deadline, and healed from when it goes on")
    func frozenServer() async throws {
        let server = try await PostgresServer.start(.fast)
        try await runPool(try PostgresConfiguration(url: server.url), size: 1) { pool in
            try await pool.ping(timeout: .seconds(20))
            try server.suspend()
            let start = ContinuousClock.now
            let error = try await postgresError { try await pool.ping(timeout: .milliseconds(200)) }
            #expect(error.kind == .timeout)
            #expect(ContinuousClock.now - start < .seconds(8))
            try server.resume()
            try await waitUntil("the pool to work again") {
                try await pool.ping(timeout: .seconds(20))
                return true
            }
        }
        try await server.stop()
    }

    @Test("A COMMIT that a frozen server leaves unanswered ends with an unknown outcome, not with a hang")
    func frozenCommit() async throws {
        let server = try await PostgresServer.start(.fast)
        var configuration = try PostgresConfiguration(url: server.url)
        configuration.statementTimeout = .seconds(2)
        let connection = try await PostgresConnection.connect(configuration)
        let (started, frozen) = (Gate(), Gate())
        async let error = postgresError {
            try await connection.withTransaction { session in
                try session.run(script: "CREATE TABLE t ()")
                started.open()
                frozen.waitOnThisThread()
            }
        }
        try await started.wait()
        try server.suspend()
        frozen.open()
        #expect(try await error.kind == .outcomeUnknown)
        try server.resume()
        try await server.stop()
    }

    @Test("An address that never answers costs no more than the configured time")
    func unreachable() async throws {
        // TEST-NET-1 (RFC 5737) is routed nowhere; where the network refuses at once, that is an answer too.
        var configuration = try PostgresConfiguration(url: "postgres://user@192.0.2.1:5432/db")
        configuration.connectTimeout = .milliseconds(300)
        let start = ContinuousClock.now
        let error = try await postgresError { _ = try await PostgresConnection.connect(configuration) }
        #expect(error.kind == .connection)
        #expect(ContinuousClock.now - start < .seconds(8))
    }
}
