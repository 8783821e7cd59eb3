public import JobQueue
public import Logging
public import NIOCore
internal import NIOPosix
public import RedisClient
public import TestSupport

/// A queue with a key prefix of its own on a real Redis, with a client that is connected to it.
public final class ConnectedQueue: Sendable {
    public let server: RedisServer
    public let keys: QueueKeys
    public let redis: RedisConfiguration
    public let client: RedisClient
    public let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private init(_ queue: QueueName, on server: RedisServer, commandTimeout: TimeAmount?) throws {
        self.server = server
        keys = QueueKeys(prefix: "t\(UInt32.random(in: .min ... .max))", queue: queue)
        var redis = try RedisConfiguration(url: server.url)
        if let commandTimeout { redis.commandTimeout = commandTimeout }
        self.redis = redis
        client = RedisClient(
            configuration: redis, eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
    }

    /// Runs `body` with a queue, on the shared server unless it brings one of its own to maltreat.
    public static func run(
        _ queue: QueueName, on own: RedisServer? = nil, commandTimeout: TimeAmount? = nil,
        _ body: @Sendable @escaping (ConnectedQueue) async throws -> Void
    ) async throws {
        let server: RedisServer
        if let own { server = own } else { server = try await RedisServer.shared() }
        let queue = try ConnectedQueue(queue, on: server, commandTimeout: commandTimeout)
        try await withThrowingTaskGroup { group in
            group.addTask { try await queue.client.run() }
            try await waitUntil("the client to connect") { queue.client.isConnected }
            do { try await body(queue) } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
        if own != nil, (try? server.pid) != nil { try? await server.kill() }
    }

    @discardableResult
    public func send(_ name: String, _ arguments: [RedisArgument]) async throws -> RedisReply {
        try await client.send(RedisCommand(name, arguments: arguments), timeout: .seconds(5))
    }

    public func length(_ key: String) async throws -> Int64 { try await send("LLEN", [.text(key)]).integer ?? -1 }

    /// Unix milliseconds by Redis' clock.
    public func now() async throws -> Int64 {
        let time = try await send("TIME", []).elements?.compactMap(\.text).compactMap(Int64.init) ?? []
        guard time.count == 2 else { throw TestSupportError("Redis did not tell the time") }
        return time[0] * 1_000 + time[1] / 1_000
    }
}
