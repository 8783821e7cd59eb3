import JobQueue
import Logging
import NIOCore
import NIOPosix
import Postgres
import RedisClient
import Schema
import TestSupport

@testable import QueueAdministration

/// A queue of its own on a real Redis, filled by hand.
struct QueueStage {
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let redis: RedisConnection
    let prefix: String
    let keys: QueueKeys

    var inspector: QueueInspector { QueueInspector(keys: keys, redis: redis) }
    var replay: JobReplay { JobReplay(keys: keys, redis: redis) }

    static func run(
        _ queue: QueueName = .inbound, _ body: (QueueStage) async throws -> Void
    ) async throws {
        let server = try await RedisServer.shared()
        let prefix = "t\(UInt64.random(in: 0 ... .max))"
        try await connected(server.url) { connection in
            try await body(
                QueueStage(redis: connection, prefix: prefix, keys: QueueKeys(prefix: prefix, queue: queue)))
        }
    }

    static func connected<Value>(
        _ url: String, _ body: (RedisConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await RedisConnection.connect(
            RedisConfiguration(url: url), on: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        let result: Result<Value, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.close()
        return try result.get()
    }

    /// Runs `body` with a migrated database of its own and one connection to it.
    static func withDatabase(
        _ body: (PostgresConnection, @escaping (String) async throws -> String) async throws -> Void
    ) async throws {
        let server = try await PostgresServer.shared()
        let url = try await server.createDatabase()
        let configuration = try PostgresConfiguration(url: url)
        _ = try await MigrationRunner(migrations: Schema.migrations).migrate(configuration, logger: logger)
        let connection = try await PostgresConnection.connect(configuration)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(connection) { try await server.sql($0, on: url) })
        } catch {
            result = .failure(error)
        }
        await connection.close()
        try result.get()
    }

    /// Runs `body` while another connection holds the lock of an archiver.
    static func holdingArchiveLock(of queue: QueueName, in database: String, _ body: () async throws -> Void)
        async throws
    {
        let url = try await PostgresServer.shared().url(database: database)
        let other = try await PostgresConnection.connect(try PostgresConfiguration(url: url))
        let result: Result<Void, any Error>
        do {
            try await other.withConnection { session in
                let lock: PostgresStatement = "select pg_advisory_lock(hashtextextended('quoteline archive ' || $1, 0))"
                _ = try session.execute(lock, [.text(queue.rawValue)])
            }
            try await body()
            // The server notices a closed connection a little later; an unlock has an answer.
            result = .success(
                try await other.withConnection { session in
                    let unlock: PostgresStatement = "select pg_advisory_unlock_all()"
                    _ = try session.execute(unlock)
                })
        } catch {
            result = .failure(error)
        }
        await other.close()
        try result.get()
    }

    static func job(
        _ id: String, type: String = "webhook", attempt: Int = 3, crashes: Int = 1, error: String? = "bad-payload",
        payload: String = "{}"
    ) -> ByteBuffer {
        JobElement(
            header: JobHeader(
                id: id, type: type, receivedAt: 1_732_270_000_123, attempt: attempt, crashes: crashes,
                signature: "sha256=feed", error: error.map { JobFailure(code: $0, text: "It does not parse.") }),
            payload: ByteBuffer(string: payload)
        ).bytes
    }

    func now() async throws -> Int64 { try await DeadLetterWalk.now(redis) }

    /// Buries a job `age` milliseconds ago.
    func bury(_ bytes: ByteBuffer, age: Int64 = 1_000) async throws {
        _ = try await redis.send(
            RedisCommand("ZADD", .text(keys.dead), .integer(try await now() - age), .bytes(bytes)))
    }

    func bury(_ bytes: ByteBuffer, at moment: Int64) async throws {
        _ = try await redis.send(RedisCommand("ZADD", .text(keys.dead), .integer(moment), .bytes(bytes)))
    }

    func remove(_ job: QueuedJob, from set: String) async throws {
        _ = try await redis.send(RedisCommand("ZREM", .text(set), .bytes(job.bytes)))
    }

    func push(_ bytes: ByteBuffer) async throws {
        _ = try await redis.send(RedisCommand("LPUSH", .text(keys.ready), .bytes(bytes)))
    }

    func schedule(_ bytes: ByteBuffer, in delay: Int64) async throws {
        _ = try await redis.send(
            RedisCommand("ZADD", .text(keys.scheduled), .integer(try await now() + delay), .bytes(bytes)))
    }

    /// A worker that holds these jobs.
    func hold(_ jobs: [ByteBuffer], worker: String, in place: String? = nil) async throws {
        if let place {
            _ = try await redis.send(
                RedisCommand("ZADD", .text(place), .integer(try await now()), .text(worker)))
        }
        for job in jobs {
            _ = try await redis.send(RedisCommand("LPUSH", .text(keys.claimed(by: worker)), .bytes(job)))
        }
    }

    /// The waiting jobs, next in line first.
    func ready() async throws -> [QueuedJob] { try await inspector.peek(.ready, limit: 10_000) }
    func dead() async throws -> [QueuedJob] { try await inspector.peek(.dead, limit: 10_000) }
}
