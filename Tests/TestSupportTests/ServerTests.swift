import TestSupport
import Testing

@Suite("Private servers", .timeLimit(.minutes(3)))
struct ServerTests {
    @Test("A durable Redis keeps its data over a kill, on the same port")
    func redisKeepsData() async throws {
        let redis = try await RedisServer.start(.durable)
        try await redis.cli("lpush", "list", "one")
        let pid = try redis.pid
        try await redis.kill()
        await #expect(throws: (any Error).self) { try await redis.cli("ping") }
        try await redis.restart()
        #expect(try redis.pid != pid)
        #expect(try await redis.cli("lrange", "list", "0", "-1") == "one")
    }

    @Test("A suspended Redis answers again once it is resumed")
    func redisSuspends() async throws {
        let redis = try await RedisServer.start()
        try redis.suspend()
        let connection = try await LoopbackConnection.connect(port: redis.port)
        try await connection.send("PING\r\n")
        await #expect(throws: TestSupportError.self) {
            _ = try await connection.read(count: 7, within: .milliseconds(100))
        }
        try redis.resume()
        #expect(try await connection.read(count: 7) == Array("+PONG\r\n".utf8))
    }

    @Test("An error that Redis answers is thrown in its words")
    func redisError() async throws {
        var options = RedisServer.Options()
        options.password = "s3cret"
        let redis = try await RedisServer.start(options)
        #expect(redis.url == "redis://:s3cret@127.0.0.1:\(redis.port)/0")
        let error = try await #require(throws: TestSupportError.self) { try await redis.cli("nonsense") }
        #expect(error.description.contains("unknown command"))
    }

    @Test("Postgres keeps its data over a kill, on the same port, and databases are apart")
    func postgresKeepsData() async throws {
        var options = PostgresServer.Options()
        options.password = "s3cret"
        let postgres = try await PostgresServer.start(options)
        let first = try await postgres.createDatabase("first")
        let second = try await postgres.createDatabase()
        try await postgres.sql("create table t (a int, b text); insert into t values (1, null), (2, 'x|y')", on: first)
        try await postgres.kill()
        try await postgres.restart()
        #expect(try await postgres.sql("select a from t order by a", on: first) == "1\n2")
        #expect(try await postgres.rows("select * from t order by a", on: first) == [["1", nil], ["2", "x|y"]])
        let error = try await #require(throws: TestSupportError.self) { try await postgres.sql("table t", on: second) }
        #expect(error.description.contains("relation \"t\" does not exist"))
        try await postgres.stop()
    }

    @Test("A suspended Postgres answers again once it is resumed")
    func postgresSuspends() async throws {
        let postgres = try await PostgresServer.start(.fast)
        try postgres.suspend()
        #expect(ProcessTree.state(of: try postgres.pid) == "T")
        try postgres.resume()
        #expect(try await postgres.sql("select 1") == "1")
    }

    @Test("The shared Postgres is one server, and each asker gets an empty database of its own")
    func postgresShared() async throws {
        let postgres = try await PostgresServer.shared()
        let first = try await postgres.createDatabase()
        let second = try await postgres.createDatabase()
        try await postgres.sql("create table t (a int)", on: first)
        #expect(try await PostgresServer.shared().port == postgres.port)
        #expect(try await postgres.rows("select * from pg_tables where tablename = 't'", on: second).isEmpty)
    }
}
