import TestSupport

/// How many jobs wait where, read with redis-cli as an operator would.
struct QueueDepths: Sendable {
    let queue: String
    let ready: Int
    let claimed: Int
    let scheduled: Int
    let dead: Int

    static func read(_ queue: String, from redis: RedisServer) async throws -> QueueDepths {
        func number(_ arguments: String...) async throws -> Int { Int(try await redis.cli(arguments)) ?? -1 }
        let key = "wa:{\(queue)}"
        let lists = try await redis.cli("--scan", "--pattern", "\(key):claimed:*").split(separator: "\n")
        var claimed = 0
        for list in lists { claimed += try await number("llen", String(list)) }
        return QueueDepths(
            queue: queue, ready: try await number("llen", "\(key):ready"), claimed: claimed,
            scheduled: try await number("zcard", "\(key):scheduled"), dead: try await number("zcard", "\(key):dead"))
    }

    /// What should not be there once everything is done.
    var problems: [String] {
        [("ready", ready), ("claimed", claimed), ("scheduled", scheduled), ("dead", dead)]
            .filter { $0.1 != 0 }
            .map { "the queue \(queue) holds \($0.1) \($0.0) jobs, not 0" }
    }

    func show() {
        let name = queue + String(repeating: " ", count: max(0, 9 - queue.count))
        Terminal.show("  \(name) ready \(ready) · claimed \(claimed) · scheduled \(scheduled) · dead \(dead)")
    }
}
