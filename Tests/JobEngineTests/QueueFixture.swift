import JobQueue
import Logging
import NIOCore
import NIOPosix
import OperationsKit
import QueueTesting
import RedisClient
import ServiceLifecycle
import TestSupport

@testable import JobEngine

/// An inbound queue on a real Redis, and what tests do to it.
final class QueueFixture: Sendable {
    let queue: ConnectedQueue
    let store: JobStore

    var server: RedisServer { queue.server }
    var keys: QueueKeys { queue.keys }
    var client: RedisClient { queue.client }
    var redis: RedisConfiguration { queue.redis }
    var logger: Logger { queue.logger }

    private init(_ queue: ConnectedQueue) {
        self.queue = queue
        store = JobStore(keys: queue.keys, client: queue.client)
    }

    /// Runs `body` with a queue, on the shared server unless it brings one of its own to maltreat.
    static func run(on own: RedisServer? = nil, _ body: @Sendable @escaping (QueueFixture) async throws -> Void)
        async throws
    {
        // A server that is maltreated is given up soon; one that stands still with the machine is waited for.
        let patience: TimeAmount = own == nil ? .seconds(20) : .milliseconds(700)
        try await ConnectedQueue.run(.inbound, on: own, commandTimeout: patience) { queue in
            try await body(QueueFixture(queue))
        }
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

    func length(_ key: String) async throws -> Int64 { try await queue.length(key) }

    func scored(_ key: String) async throws -> [ByteBuffer] { try await redis("ZRANGE", .text(key), "0", "-1").bulks() }

    func now() async throws -> Int64 { try await queue.now() }

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
