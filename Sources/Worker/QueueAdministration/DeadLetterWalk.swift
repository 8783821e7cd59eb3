internal import JobQueue
internal import RedisClient

/// Goes once through the dead letters that a filter means, oldest first, page by page.
struct DeadLetterWalk {
    let inspector: QueueInspector
    let redis: any RedisCommandSender
    let filter: DeadLetterFilter

    /// What becomes of a job that the walk shows.
    enum Step {
        /// It left the set.
        case taken
        /// It stays where it is.
        case left
    }

    /// Hands over each page's fitting jobs, at most `limit` in all; `body` answers for each whether it left the set.
    func each(limit: Int?, pageSize: Int = 100, _ body: ([QueuedJob]) async throws -> [Step]) async throws {
        var cursor = filter.cursor(now: try await Self.now(redis))
        var open = limit ?? Int.max
        while open > 0 {
            let page = try await inspector.page(.dead, cursor, limit: pageSize)
            if page.isEmpty { return }
            let fitting = page.indices.filter { filter.fits(page[$0]) }.prefix(open)
            open -= fitting.count
            let steps = fitting.isEmpty ? [] : try await body(fitting.map { page[$0] })
            var taken: Set<Int> = []
            for (index, step) in zip(fitting, steps) {
                switch step {
                case .taken: taken.insert(index)
                case .left: break
                }
            }
            for (index, job) in page.enumerated() where !taken.contains(index) {
                cursor.pass(score: job.score ?? 0)
            }
        }
    }

    /// Unix milliseconds of Redis' clock.
    static func now(_ redis: any RedisCommandSender) async throws -> Int64 {
        let time = try await redis.send(RedisCommand("TIME")).array(of: "TIME")
        guard time.count == 2, let seconds = time[0].integer, let micros = time[1].integer else {
            throw AdministrationError("Redis did not tell its time")
        }
        return seconds * 1_000 + micros / 1_000
    }
}
