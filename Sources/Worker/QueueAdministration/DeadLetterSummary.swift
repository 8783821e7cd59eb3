internal import JobQueue
internal import RedisClient

/// The dead letters of a queue by what they died of.
public struct DeadLetterSummary: Sendable, Equatable {
    public struct Group: Sendable, Equatable {
        /// The error's code; empty for jobs without one.
        public let code: String
        public fileprivate(set) var count: Int
        /// When the latest of them died, in Unix milliseconds.
        public fileprivate(set) var newestAt: Int64
        /// The latest one's error text.
        public fileprivate(set) var example: String
    }

    /// Largest first.
    public let groups: [Group]
    /// False if there were more than were looked at.
    public let isWhole: Bool

    /// Looks at `limit` dead letters at most, the oldest: they are read in whole, so the cost is their bytes.
    static func read(
        _ inspector: QueueInspector, _ redis: any RedisCommandSender, limit: Int = 2_000
    ) async throws -> DeadLetterSummary {
        var groups: [String: Group] = [:]
        var seen = 0
        try await DeadLetterWalk(inspector: inspector, redis: redis, filter: DeadLetterFilter()).each(limit: limit) {
            jobs in
            for job in jobs {
                seen += 1
                let error = job.element?.header.error
                let code = error?.code ?? ""
                var group = groups[code] ?? Group(code: code, count: 0, newestAt: .min, example: "")
                group.count += 1
                let diedAt = job.milliseconds ?? 0
                if diedAt >= group.newestAt {
                    group.newestAt = diedAt
                    group.example = error?.text ?? ""
                }
                groups[code] = group
            }
            return jobs.map { _ in .left }
        }
        return DeadLetterSummary(
            groups: groups.values.sorted { ($0.count, $1.code) > ($1.count, $0.code) }, isWhole: seen < limit)
    }
}

extension QueuedJob {
    /// When it died or is due, in Unix milliseconds; nil in lists and for what no clock shows.
    public var milliseconds: Int64? {
        score.flatMap { $0.isFinite && abs($0) < 1e15 ? Int64($0) : nil }
    }
}

extension QueueInspector {
    /// The oldest dead letters that fit, at most `limit`.
    public func deadLetters(_ filter: DeadLetterFilter, limit: Int) async throws -> [QueuedJob] {
        var found: [QueuedJob] = []
        try await DeadLetterWalk(inspector: self, redis: redis, filter: filter).each(limit: limit) { jobs in
            found += jobs
            return jobs.map { _ in .left }
        }
        return found
    }

    public func deadLetterSummary() async throws -> DeadLetterSummary {
        try await DeadLetterSummary.read(self, redis)
    }
}
