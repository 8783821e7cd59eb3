/// How many jobs wait where, read with redis-cli as an operator would.
public struct QueueDepths: Sendable, Equatable {
    public let queue: String
    public let ready: Int
    /// In all Workers' lists together.
    public let claimed: Int
    public let scheduled: Int
    public let dead: Int

    public static func read(
        _ queue: String, from redis: RedisServer, prefix: String = "wa"
    ) async throws -> QueueDepths {
        func number(_ arguments: String...) async throws -> Int {
            let reply = try await redis.cli(arguments)
            guard let number = Int(reply) else { throw TestSupportError("redis-cli \(arguments): \(reply)") }
            return number
        }
        let key = "\(prefix):{\(queue)}"
        let lists = try await redis.cli("--scan", "--pattern", "\(key):claimed:*").split(separator: "\n")
        var claimed = 0
        for list in lists { claimed += try await number("llen", String(list)) }
        return QueueDepths(
            queue: queue, ready: try await number("llen", "\(key):ready"), claimed: claimed,
            scheduled: try await number("zcard", "\(key):scheduled"), dead: try await number("zcard", "\(key):dead"))
    }

    public var isEmpty: Bool { problems.isEmpty }

    /// What should not be there once everything is done.
    public var problems: [String] {
        [("ready", ready), ("claimed", claimed), ("scheduled", scheduled), ("dead", dead)]
            .filter { $0.1 != 0 }
            .map { "the queue \(queue) holds \($0.1) \($0.0) jobs, not 0" }
    }
}
