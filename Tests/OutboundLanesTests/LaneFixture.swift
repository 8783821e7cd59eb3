import JobLifecycle
import JobQueue
import Logging
import NIOCore
import NIOPosix
import OperationsKit
import QueueTesting
import RedisClient

@testable import JobEngine
@testable import OutboundLanes

/// An outbound queue on a real Redis, and what tests do to it.
final class LaneFixture: Sendable {
    let queue: ConnectedQueue
    let store: JobStore
    let lanes: OutboundLanes
    let throttle: RecipientThrottle

    var keys: QueueKeys { queue.keys }
    var client: RedisClient { queue.client }
    var redis: RedisConfiguration { queue.redis }
    var logger: Logger { queue.logger }

    private init(_ queue: ConnectedQueue) {
        self.queue = queue
        store = JobStore(keys: queue.keys, client: queue.client)
        lanes = OutboundLanes(keys: queue.keys, client: queue.client)
        throttle = RecipientThrottle(keys: queue.keys, client: queue.client)
    }

    static func run(_ body: @Sendable @escaping (LaneFixture) async throws -> Void) async throws {
        try await ConnectedQueue.run(.outbound) { queue in try await body(LaneFixture(queue)) }
    }

    static func turn(_ id: String, number: String = "100", recipient: String = "r", place: Int64? = nil) -> Turn {
        Turn(messageID: id, tenant: "7", number: number, recipientKey: recipient, type: "text", place: place)
    }

    @discardableResult
    func redis(_ name: String, _ arguments: RedisArgument...) async throws -> RedisReply {
        try await queue.send(name, arguments)
    }

    func ids(_ key: String) async throws -> [String] {
        let elements = try await redis("LRANGE", .text(key), "0", "-1").elements ?? []
        return elements.reversed().compactMap(\.bytes).map { (try? JobElement($0))?.header.id ?? "?" }
    }

    func length(_ key: String) async throws -> Int64 { try await queue.length(key) }

    func now() async throws -> Int64 { try await queue.now() }

    /// Fills a lane directly, as admission does, without a script for each.
    func fill(_ number: String, _ ids: [String], crashes: Int = 0) async throws {
        for start in stride(from: 0, to: ids.count, by: 1_000) {
            let elements = ids[start..<min(start + 1_000, ids.count)].map { id in
                RedisArgument.bytes(
                    Self.turn(id, number: number, recipient: id).element().replacingHeader { $0.crashes = crashes }
                        .bytes)
            }
            _ = try await client.send(
                RedisCommand("LPUSH", arguments: [.text(keys.lane(of: number))] + elements), timeout: .seconds(5))
        }
        try await redis("ZADD", .text(keys.lanes), "NX", .integer(try await now()), .text(number))
    }

    /// A worker that is registered.
    func worker() async throws -> WorkerIdentity {
        let worker = WorkerIdentity.fresh()
        _ = try await store.register(worker)
        return worker
    }

    func settings(_ adjust: (inout ConsumerConfiguration) -> Void = { _ in }) -> ConsumerConfiguration {
        var settings = ConsumerConfiguration(
            consumers: 4, batch: 50,
            lifecycle: JobLifecycle(policy: RetryPolicy(base: 1, cap: 50, maximumAttempts: 10, maximumAge: nil)))
        settings.lease = .seconds(1)
        settings.heartbeat = .milliseconds(100)
        settings.recovery = .milliseconds(100)
        settings.audit = .milliseconds(300)
        settings.drain = .seconds(5)
        adjust(&settings)
        return settings
    }

    /// - Parameter blocking: for how long a claim waits where nothing is due.
    func claimer(
        _ worker: WorkerIdentity, batch: Int = 50, blocking: Duration = .milliseconds(500)
    ) -> LaneClaimer {
        let settings = settings {
            $0.batch = batch
            $0.blocking = blocking
        }
        return LaneClaimer(
            JobSourceContext(
                keys: keys, worker: worker, settings: settings,
                connection: ClaimConnection(
                    keys: keys, worker: worker, redis: redis, eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
                    logger: logger),
                logger: logger))
    }
}

extension JobClaim {
    var ids: [String] {
        guard case .jobs(let jobs) = self else { return [] }
        return jobs.map { (try? JobElement($0))?.header.id ?? "?" }
    }
}
