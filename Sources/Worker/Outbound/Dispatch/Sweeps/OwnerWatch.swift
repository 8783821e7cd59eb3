internal import JobQueue
internal import Logging
internal import Postgres
internal import RedisClient
internal import SendPolicy

/// Tells whether those who are sending something still live, and gives up what the dead have left.
struct OwnerWatch: Sendable {
    let pool: PostgresPool
    let keys: QueueKeys
    let client: any RedisCommandSender
    let metrics: SendMetrics
    let logger: Logger

    /// Which of these workers are gone: a worker that lives stands among the queue's workers.
    func dead(among workers: Set<String>) async throws(RedisError) -> Set<String> {
        let asked = workers.filter { !$0.isEmpty }.sorted()
        var dead = workers.filter(\.isEmpty)
        guard !asked.isEmpty else { return dead }
        let reply = try await client.send(
            RedisCommand("ZMSCORE", arguments: [.text(keys.workers)] + asked.map { .text($0) }))
        guard let scores = reply.elements, scores.count == asked.count else { return dead }
        for (worker, score) in zip(asked, scores) where score.isNull { dead.insert(worker) }
        return dead
    }

    /// Nobody knows what became of these attempts: their worker ended in the middle.
    func giveUp(_ attempts: [(id: String, attempt: Int32)]) async {
        guard !attempts.isEmpty else { return }
        let change = SendChange(.unknown, reason: .ownerDied)
        let changes = attempts.map {
            RowChange(id: $0.id, attempt: $0.attempt, from: .sending, change: change, outcome: .unknown)
        }
        do {
            let given = try await pool.withTransaction { session in
                try BeginTable.prepare(session)
                return try ChangeTable.apply(changes, in: session)
            }
            guard !given.isEmpty else { return }
            metrics.count(.ownerDied, given.count)
            logger.warning(
                "sends are unknown because their worker ended in the middle", metadata: ["sends": "\(given.count)"])
        } catch {
            logger.warning("sends of dead workers could not be given up yet", metadata: ["error": "\(error)"])
        }
    }
}
