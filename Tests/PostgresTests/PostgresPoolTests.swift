import Logging
import Postgres
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@Suite("Pool") struct PostgresPoolTests {
    private final class Served: Sendable {
        private let list = Mutex<[Int]>([])

        var numbers: [Int] { list.withLock { $0 } }

        func append(_ number: Int) {
            list.withLock { $0.append(number) }
        }
    }

    @Test("A session that takes no writes is let go, so that writing goes on once the server allows it")
    func readOnlySession() async throws {
        let database = try await TestDatabase()
        let name = try await database.sql("select current_database()")
        _ = try await database.sql("create table notes (n int)")
        _ = try await database.sql("alter database \"\(name)\" set default_transaction_read_only = on")
        try await database.withPool(size: 1) { pool in
            func write() async throws {
                try await pool.withTransaction { session in _ = try session.execute("insert into notes values (1)") }
            }
            #expect(try await postgresError { try await write() }.kind == .readOnly)
            _ = try await database.sql(
                "set default_transaction_read_only = off; alter database \"\(name)\" reset default_transaction_read_only"
            )
            try await waitUntil("a write to succeed") {
                try await write()
                return true
            }
        }
    }

    @Test("64 tasks at once share a few connections, and every one is served exactly once")
    func manyTasks() async throws {
        let database = try await TestDatabase()
        _ = try await database.sql("CREATE TABLE t (task int8, n int8)")
        try await database.withPool(size: 4) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<64 {
                    group.addTask {
                        for number in 0..<20 {
                            try await pool.withTransaction { session in
                                _ = try session.execute(
                                    "INSERT INTO t VALUES ($1, $2)", [.int8(Int64(task)), .int8(Int64(number))])
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(pool.statistics.leased == 0)
            #expect(pool.statistics.waiting == 0)
            #expect(pool.statistics.idle == 4)
        }
        #expect(try await database.sql("SELECT count(*), count(DISTINCT (task, n)) FROM t") == "1280|1280")
    }

    @Test("Who waits for a connection is served in order of arrival")
    func fairWaiting() async throws {
        try await TestDatabase().withPool(size: 1) { pool in
            let (held, release) = (Gate(), Gate())
            let order = Served()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await pool.withConnection { _ in
                        held.open()
                        release.waitOnThisThread()
                    }
                }
                try await held.wait()
                for number in 0..<10 {
                    group.addTask {
                        try await pool.withConnection { _ in order.append(number) }
                    }
                    try await waitUntil("waiter \(number) to queue up") { pool.statistics.waiting == number + 1 }
                }
                release.open()
                try await group.waitForAll()
            }
            #expect(order.numbers == Array(0..<10))
        }
    }

    @Test("Waiting for a connection has a deadline of its own")
    func waitLimit() async throws {
        try await TestDatabase().withPool(size: 1, waitLimit: .milliseconds(100)) { pool in
            try await waitUntil("the connection to be there") { pool.statistics.idle == 1 }
            let (held, release) = (Gate(), Gate())
            async let holding: Void = pool.withConnection { _ in
                held.open()
                release.waitOnThisThread()
            }
            try await held.wait()
            let error = try await postgresError { try await pool.ping() }
            #expect(error.kind == .timeout)
            #expect(pool.statistics.waiting == 0)
            release.open()
            try await holding
            try await pool.ping(timeout: .seconds(20))
        }
    }

    @Test("A waiter that is cancelled leaves the queue, and the next one is served")
    func cancelledWaiter() async throws {
        try await TestDatabase().withPool(size: 1) { pool in
            let (held, release) = (Gate(), Gate())
            async let holding: Void = pool.withConnection { _ in
                held.open()
                release.waitOnThisThread()
            }
            try await held.wait()
            let waiter = Task { try await postgresError { try await pool.ping() } }
            try await waitUntil("the waiter to queue up") { pool.statistics.waiting == 1 }
            waiter.cancel()
            #expect(try await waiter.value.kind == .cancelled)
            release.open()
            try await holding
            try await pool.ping(timeout: .seconds(20))
        }
    }

    @Test("While PostgreSQL is away callers learn it at once, and the pool heals by itself")
    func failsFastAndHeals() async throws {
        let server = try await PostgresServer.start(.fast)
        try await runPool(try PostgresConfiguration(url: server.url), size: 4) { pool in
            try await waitUntil("all connections to be there") { pool.statistics.idle == 4 }
            try await server.kill()
            let first = try await postgresError { try await pool.ping(timeout: .seconds(20)) }
            #expect(first.kind == .connection)
            for _ in 0..<20 {
                let start = ContinuousClock.now
                let error = try await postgresError { try await pool.ping(timeout: .seconds(20)) }
                #expect(error.kind == .connection)
                // Less than they would wait for a connection.
                #expect(ContinuousClock.now - start < .seconds(5))
            }
            try await server.restart()
            let start = ContinuousClock.now
            try await waitUntil("the pool to work again", within: .seconds(30)) {
                try await pool.ping()
                return true
            }
            #expect(ContinuousClock.now - start < .seconds(15))
            try await waitUntil("all connections to be there") { pool.statistics.idle == 4 }
        }
        try await server.stop()
    }

    @Test("A restart of the server between two uses is not noticed by callers")
    func restartWhileIdle() async throws {
        let server = try await PostgresServer.start(.fast)
        try await runPool(try PostgresConfiguration(url: server.url), size: 3) { pool in
            try await waitUntil("all connections to be there") { pool.statistics.idle == 3 }
            try await server.restart()
            for _ in 0..<6 {
                let answer = try await pool.withTransaction { session in
                    try session.execute("SELECT $1 + 1", [.int8(1)]).only().int64(0)
                }
                #expect(answer == 2)
            }
        }
        try await server.stop()
    }

    @Test("Killed in mid-transaction: the caller gets a typed error and the work runs after the restart")
    func killedInTransaction() async throws {
        let server = try await PostgresServer.start(PostgresServer.Options())
        let url = try await server.createDatabase()
        _ = try await server.sql("CREATE TABLE t (n int8)", on: url)
        try await runPool(try PostgresConfiguration(url: url), size: 2) { pool in
            let (started, killed) = (Gate(), Gate())
            async let error = postgresError {
                try await pool.withTransaction { session in
                    try session.execute("INSERT INTO t VALUES (1)")
                    started.open()
                    killed.waitOnThisThread()
                    _ = try session.execute("INSERT INTO t VALUES (2)")
                }
            }
            try await started.wait()
            try await server.kill()
            killed.open()
            #expect(try await error.kind == .connection)
            try await server.restart()
            try await waitUntil("the work to be done") {
                try await pool.withTransaction { session in _ = try session.execute("INSERT INTO t VALUES (3)") }
                return true
            }
        }
        #expect(try await server.sql("SELECT n FROM t", on: url) == "3")
        try await server.stop()
    }

    @Test("As a service it stops at once when idle")
    func gracefulShutdown() async throws {
        let pool = PostgresPool(
            configuration: try await TestDatabase().configuration, size: 2, logger: Logger(label: "tests"))
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: pool)], logger: Logger(label: "tests")))
        let running = Task { try await group.run() }
        try await pool.ping(timeout: .seconds(20))
        let start = ContinuousClock.now
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(try await postgresError { try await pool.ping() }.description.contains("shut down"))
    }

    @Test("A pool that stops while PostgreSQL does not answer is not held up by it")
    func shutdownWhileConnecting() async throws {
        let server = try await PostgresServer.start(.fast)
        try server.suspend()
        var configuration = try PostgresConfiguration(url: server.url)
        configuration.connectTimeout = .seconds(60)
        let pool = PostgresPool(configuration: configuration, size: 2, logger: Logger(label: "tests"))
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: pool)], logger: Logger(label: "tests")))
        let running = Task { try await group.run() }
        let waiter = Task { try await postgresError { try await pool.ping(timeout: .seconds(30)) } }
        try await waitUntil("someone to wait") { pool.statistics.waiting == 1 }
        let start = ContinuousClock.now
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(try await waiter.value.kind == .connection)
        #expect(ContinuousClock.now - start < .seconds(15))
        try server.resume()
        try await server.stop()
    }

    @Test("A pool that is shut down refuses, lets running work finish and closes every connection")
    func shutDown() async throws {
        let database = try await TestDatabase()
        let pool = PostgresPool(
            configuration: try database.configuration, size: 2, logger: Logger(label: "tests"))
        let running = Task { await pool.run() }
        let (held, release) = (Gate(), Gate())
        async let holding = pool.withTransaction { session in
            held.open()
            release.waitOnThisThread()
            return try session.execute("SELECT 1").count
        }
        try await held.wait()
        running.cancel()
        try await waitUntil("the pool to refuse") {
            try await postgresError { try await pool.ping() }.description.contains("shut down")
        }
        release.open()
        #expect(try await holding == 1)
        await running.value
        try await waitUntil("the server to see all connections gone") {
            try await database.sql(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """) == "0"
        }
    }
}
