public import JobQueue
public import Postgres
public import RedisClient

/// A replay that the audit log knows of: the intent before the first job moves, the result afterwards.
public struct AuditedReplay: Sendable {
    private let queue: QueueName
    private let replay: JobReplay
    private let database: any PostgresDatabase
    private let origin: String

    /// - Parameter origin: who and from where, such as `cli:root`.
    public init(keys: QueueKeys, redis: any RedisCommandSender, database: any PostgresDatabase, origin: String) {
        queue = keys.queue
        replay = JobReplay(keys: keys, redis: redis)
        self.database = database
        self.origin = origin
    }

    public func run(_ filter: DeadLetterFilter, limit: Int?, rate: Int?) async throws -> JobReplay.Outcome {
        var members: [(String, JSONOutput)] = [
            ("queue", .text(queue.rawValue)), ("filter", .object(filter.members)),
            ("limit", .optional(limit.map { Int64($0) })), ("rate", .optional(rate.map { Int64($0) })),
        ]
        try await write("queue.replay.begin", members)
        do {
            let outcome = try await replay.replay(filter, limit: limit, rate: rate)
            members += [
                ("moved", .integer(Int64(outcome.moved))), ("gone", .integer(Int64(outcome.gone))),
                ("left_alone", .integer(Int64(outcome.leftAlone))),
            ]
            try await write("queue.replay", members)
            return outcome
        } catch {
            // The first error is what the operator needs to see; the begin stands in the log in any case.
            members.append(("cut_off", .bool(true)))
            try? await write("queue.replay", members)
            throw error
        }
    }

    private func write(_ action: String, _ members: [(String, JSONOutput)]) async throws {
        let entry = AuditEntry(action: action, detail: .object(members), origin: origin)
        try await database.withTransaction { session in try entry.write(in: session) }
    }
}
