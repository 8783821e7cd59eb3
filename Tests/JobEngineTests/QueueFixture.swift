import JobQueue
import Logging
import NIOCore
import NIOPosix
import OperationsKit
import RedisClient
import ServiceLifecycle
import TestSupport

@testable import JobEngine

/// A queue with a key prefix of its own on a real Redis, and what tests do to it.
final class QueueFixture: Sendable {
    let server: RedisServer
    let keys: QueueKeys
    let store: JobStore
    let client: RedisClient
    let redis: RedisConfiguration
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private init(server: RedisServer) throws {
        self.server = server
        keys = QueueKeys(prefix: "t\(UInt32.random(in: .min ... .max))", queue: .inbound)
        var redis = try RedisConfiguration(url: server.url)
        redis.commandTimeout = .milliseconds(700)
        self.redis = redis
        client = RedisClient(
            configuration: redis, eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        store = JobStore(keys: keys, client: client)
    }

    /// Runs `body` with a queue, on the shared server unless it brings one of its own to maltreat.
    static func run(on own: RedisServer? = nil, _ body: @Sendable @escaping (QueueFixture) async throws -> Void)
        async throws
    {
        let server: RedisServer
        if let own { server = own } else { server = try await RedisServer.shared() }
        let fixture = try QueueFixture(server: server)
        try await withThrowingTaskGroup { group in
            group.addTask { try await fixture.client.run() }
            try await waitUntil("the client to connect") { fixture.client.isConnected }
            do { try await body(fixture) } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
        if own != nil, (try? server.pid) != nil { try? await server.kill() }
    }

    // MARK: - Elements

    static func element(
        _ id: String, crashes: Int = 0, attempt: Int = 0, error: JobFailure? = nil, payload: String = "{}"
    ) -> ByteBuffer {
        let header = JobHeader(
            id: id, type: "webhook", receivedAt: 1_732_270_000_123, attempt: attempt, crashes: crashes, error: error)
        return JobElement(header: header, payload: ByteBuffer(string: payload)).bytes
    }

    static func header(_ bytes: ByteBuffer) throws -> JobHeader { try JobElement(bytes).header }

    // MARK: - Redis

    @discardableResult
    func redis(_ name: String, _ arguments: RedisArgument...) async throws -> RedisReply {
        try await client.send(RedisCommand(name, arguments: arguments))
    }

    func push(_ elements: [ByteBuffer]) async throws {
        for start in stride(from: 0, to: elements.count, by: 1_000) {
            let slice = elements[start..<min(start + 1_000, elements.count)]
            _ = try await client.send(
                RedisCommand("LPUSH", arguments: [.text(keys.ready)] + slice.map { .bytes($0) }))
        }
    }

    func push(_ ids: String...) async throws { try await push(ids.map { Self.element($0) }) }

    /// The waiting jobs in the order in which they will be taken.
    func ready() async throws -> [ByteBuffer] {
        try await redis("LRANGE", .text(keys.ready), "0", "-1").bulks().reversed()
    }

    func readyIDs() async throws -> [String] { try await ready().map { try Self.header($0).id } }

    func length(_ key: String) async throws -> Int64 { try await redis("LLEN", .text(key)).integer ?? -1 }

    func scored(_ key: String) async throws -> [ByteBuffer] { try await redis("ZRANGE", .text(key), "0", "-1").bulks() }

    func now() async throws -> Int64 {
        let time = try await redis("TIME").bulks().map { String(buffer: $0) }
        return (Int64(time[0]) ?? 0) * 1_000 + (Int64(time[1]) ?? 0) / 1_000
    }

    func living() async throws -> [String] { try await scored(keys.workers).map { String(buffer: $0) } }

    func isEmpty() async throws -> Bool {
        let stats = try await QueueStats.read(keys, from: client)
        return stats.ready + stats.claimed + stats.scheduled == 0
    }

    /// A worker that is registered and holds these jobs, claimed in this order.
    func worker(holding elements: [ByteBuffer] = []) async throws -> WorkerIdentity {
        let worker = WorkerIdentity.fresh()
        if !elements.isEmpty {
            let key = RedisArgument.text(keys.claimed(by: worker.id))
            _ = try await client.send(RedisCommand("LPUSH", arguments: [key] + elements.map { .bytes($0) }))
        }
        _ = try await store.register(worker)
        return worker
    }

    /// Its process was killed a minute ago: no heartbeat since.
    func die(_ worker: WorkerIdentity) async throws {
        try await redis("ZADD", .text(keys.workers), .integer(try await now() - 60_000), .text(worker.id))
    }

    /// Declares a worker dead in one step, however lively it renews its lease.
    func bury(_ worker: WorkerIdentity) async throws {
        let script = RedisScript(
            source: "redis.call('ZREM', KEYS[1], ARGV[1]) redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])")
        _ = try await client.run(
            script, keys: [keys.workers, keys.departed], arguments: [.text(worker.id), .integer(try await now())])
    }

    func claim(
        _ worker: WorkerIdentity, most: Int = 100, bytes: Int = 1_000_000, mode: String = "alone"
    ) async throws -> (state: String, jobs: [ByteBuffer]) {
        var reply = try await client.run(
            JobScripts.claim, keys: [keys.ready, keys.claimed(by: worker.id), keys.paused, keys.workers],
            arguments: [.text(worker.id), .integer(most), .integer(bytes), .text(mode)]
        ).bulks()
        return (String(buffer: reply.removeFirst()), reply)
    }

    /// Declares the dead dead, as a worker does whose last heartbeat was answered just now.
    func depart(asking worker: WorkerIdentity, lastBeat: Int64?, watch: Int64 = 3_600_000) async throws -> [String]? {
        try await redis("DEL", .text(keys.lock("recovery")))
        return try await store.departed(
            asking: worker, lease: 10_000, lock: 5_000, lastBeat: lastBeat, watch: watch)?.map(\.id)
    }

    func recover(_ worker: WorkerIdentity, limit: Int = 100) async throws -> JobStore.Recovery {
        try await store.recover(from: worker, limit: limit, crashLimit: 3)
    }
}
