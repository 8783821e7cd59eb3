import JobLifecycle
import JobQueue
import Logging
import NIOCore
import NIOPosix
import OperationsKit
import RedisClient
import TestSupport

@testable import JobEngine
@testable import OutboundLanes

/// An outbound queue with a key prefix of its own on a real Redis, and what tests do to it.
final class LaneFixture: Sendable {
    let server: RedisServer
    let keys: QueueKeys
    let store: JobStore
    let client: RedisClient
    let redis: RedisConfiguration
    let lanes: OutboundLanes
    let throttle: RecipientThrottle
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private init(server: RedisServer) throws {
        self.server = server
        keys = QueueKeys(prefix: "t\(UInt32.random(in: .min ... .max))", queue: .outbound)
        redis = try RedisConfiguration(url: server.url)
        client = RedisClient(
            configuration: redis, eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        store = JobStore(keys: keys, client: client)
        lanes = OutboundLanes(keys: keys, client: client)
        throttle = RecipientThrottle(keys: keys, client: client)
    }

    /// Runs `body` with a queue, on the shared server unless it brings one of its own to maltreat.
    static func run(on own: RedisServer? = nil, _ body: @Sendable @escaping (LaneFixture) async throws -> Void)
        async throws
    {
        let server: RedisServer
        if let own { server = own } else { server = try await RedisServer.shared() }
        let fixture = try LaneFixture(server: server)
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

    static func turn(_ id: String, number: String = "100", recipient: String = "r", place: Int64? = nil) -> Turn {
        Turn(messageID: id, tenant: "7", number: number, recipientKey: recipient, type: "text", place: place)
    }

    @discardableResult
    func redis(_ name: String, _ arguments: RedisArgument...) async throws -> RedisReply {
        try await client.send(RedisCommand(name, arguments: arguments), timeout: .seconds(5))
    }

    func ids(_ key: String) async throws -> [String] {
        let elements = try await redis("LRANGE", .text(key), "0", "-1").elements ?? []
        return elements.reversed().compactMap(\.bytes).map { (try? JobElement($0))?.header.id ?? "?" }
    }

    func length(_ key: String) async throws -> Int64 { try await redis("LLEN", .text(key)).integer ?? -1 }

    func now() async throws -> Int64 {
        let time = try await redis("TIME").elements ?? []
        return (time[0].integer ?? 0) * 1_000 + (time[1].integer ?? 0) / 1_000
    }

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

    func claimer(_ worker: WorkerIdentity, batch: Int = 50) -> LaneClaimer {
        let settings = settings { $0.batch = batch }
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
