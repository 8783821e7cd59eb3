import JobQueue
import Logging
import NIOCore
import NIOPosix
import RedisClient
import Synchronization
import TestSupport

/// The harness's own connection to Redis, opened again whenever a fault has cut it.
final class QueueProbe: Sendable {
    static let keys = QueueKeys(prefix: "wa", queue: .inbound)

    private let configuration: RedisConfiguration
    private let connection = Mutex<RedisConnection?>(nil)

    init(url: String) throws {
        var configuration = try RedisConfiguration(url: url)
        configuration.clientName = "chaos-harness"
        self.configuration = configuration
    }

    /// Sends one command.
    /// - Throws: `RedisError`, as while Redis is away.
    @discardableResult
    func send(_ name: String, _ arguments: RedisArgument..., timeout: TimeAmount = .seconds(3)) async throws
        -> RedisReply
    {
        try await open().send(RedisCommand(name, arguments: arguments), timeout: timeout)
    }

    /// Tries again until Redis answers, for commands that may be repeated.
    func insist(_ name: String, _ arguments: RedisArgument..., within limit: Duration = .seconds(60)) async throws
        -> RedisReply
    {
        let command = RedisCommand(name, arguments: arguments)
        return try await waitFor("Redis to answer \(name)", within: limit, poll: .milliseconds(50)) {
            try await open().send(command, timeout: .seconds(2))
        }
    }

    func schedule(_ element: JobElement, due: Int64) async throws {
        try await send("ZADD", .text(Self.keys.scheduled), .integer(due), .bytes(element.bytes))
    }

    /// The queue at this moment.
    func sample() async throws -> QueueSample {
        let keys = Self.keys
        let reply = try await open().run(
            QueueSample.script, keys: [keys.ready, keys.scheduled, keys.dead, keys.workers, keys.departed],
            arguments: [.text(keys.claimedPrefix), .text(Traveller.prefix)], timeout: .seconds(3))
        guard let sample = QueueSample(reply) else { throw TestSupportError("the queue's sample cannot be read") }
        return sample
    }

    /// The living worker ids.
    func livingWorkers() async throws -> [String] {
        try await texts("ZRANGE", Self.keys.workers)
    }

    /// The living ids of the process `pid`: an id is host, pid and a ULID, parted by dashes.
    func livingWorkers(of pid: Int32) async throws -> [String] {
        try await livingWorkers().filter { Self.pid(of: $0) == pid }
    }

    static func pid(of worker: String) -> Int32? {
        worker.split(separator: "-").dropLast().last.flatMap { Int32($0) }
    }

    /// When each worker id departed, in Unix milliseconds.
    func departed() async throws -> [String: Double] {
        let reply = try await insist("ZRANGE", .text(Self.keys.departed), "0", "-1", "WITHSCORES")
        let texts = (reply.elements ?? []).compactMap(\.text)
        var departed: [String: Double] = [:]
        for index in stride(from: 0, to: texts.count - 1, by: 2) { departed[texts[index]] = Double(texts[index + 1]) }
        return departed
    }

    /// The jobs that a worker holds.
    func held(by worker: String) async throws -> [HeldJob] {
        let reply = try await insist("LRANGE", .text(Self.keys.claimed(by: worker)), "0", "-1")
        return (reply.elements ?? []).compactMap(\.bytes).compactMap(HeldJob.init)
    }

    /// The dead letters.
    func deadLetters() async throws -> [JobElement] {
        let reply = try await insist("ZRANGE", .text(Self.keys.dead), "0", "-1")
        return try (reply.elements ?? []).compactMap(\.bytes).map { try JobElement($0) }
    }

    func close() async { await connection.withLock { $0 }?.close() }

    private func texts(_ command: String, _ key: String) async throws -> [String] {
        (try await insist(command, .text(key), "0", "-1").elements ?? []).compactMap(\.text)
    }

    private func open() async throws -> RedisConnection {
        if let open = connection.withLock({ $0 }), open.isOpen { return open }
        var logger = Logger(label: "chaos")
        logger.logLevel = .critical
        let made = try await RedisConnection.connect(
            configuration, on: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        let kept = connection.withLock { kept in
            if let kept, kept.isOpen { return kept }
            kept = made
            return made
        }
        if kept !== made { await made.close() }
        return kept
    }
}

/// A job that a worker held when it was taken away.
struct HeldJob: Sendable, Hashable {
    let id: String
    /// Of the one item in it, if it is a webhook of the load.
    let wamid: String?

    init?(_ bytes: ByteBuffer) {
        guard let element = try? JobElement(bytes) else { return nil }
        id = element.header.id
        let payload = String(buffer: element.payload)
        wamid = payload.firstRange(of: "\"wamid.").flatMap { start in
            payload[start.upperBound...].firstIndex(of: "\"").map { "wamid." + payload[start.upperBound..<$0] }
        }
    }
}
