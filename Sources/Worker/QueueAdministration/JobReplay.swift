public import JobQueue
internal import NIOCore
public import RedisClient

/// Puts dead or scheduled jobs back among the waiting ones. Each moves by itself in one atomic step: wherever a replay is
/// cut off, every job is either still dead or waiting.
public struct JobReplay: Sendable {
    public struct Outcome: Sendable, Equatable {
        /// Dead letters that fit the filter.
        public var matched = 0
        public var moved = 0
        /// Fitting ones that were taken away by somebody else meanwhile.
        public var gone = 0
        /// Fitting ones that cannot run again: no readable header, or the envelope of another version.
        public var leftAlone = 0
        /// The first few that fit.
        public var sample: [String] = []
    }

    static let sampleSize = 5

    private let keys: QueueKeys
    private let redis: any RedisCommandSender
    private let inspector: QueueInspector

    public init(keys: QueueKeys, redis: any RedisCommandSender) {
        self.keys = keys
        self.redis = redis
        inspector = QueueInspector(keys: keys, redis: redis)
    }

    /// Makes a dead or scheduled job the next in line. A dead one begins anew; a scheduled one keeps its count of
    /// attempts: it only waits no longer.
    /// - Throws: `AdministrationError` if it is neither, naming where it is.
    public func retry(_ job: QueuedJob) async throws {
        let name = job.id ?? "the job"
        switch job.place {
        case .ready: throw AdministrationError("\(name) is waiting already: nothing to retry")
        case .lane(let number):
            throw AdministrationError("\(name) waits in the lane of \(number): `worker lane list` says what for")
        case .claimed(let worker): throw AdministrationError("\(name) is in the hands of \(worker): wait for it")
        case .scheduled, .dead: break
        }
        guard let replacement = Self.replacement(job) else {
            throw AdministrationError(
                "\(name) has no header that this version can read: it would only be buried again")
        }
        let from = job.place == .dead ? keys.dead : keys.scheduled
        let missing = try await requeue([(job, job.place == .dead ? replacement : nil)], from: from, side: "head")
        guard missing.isEmpty else {
            throw AdministrationError("\(name) has moved meanwhile: look again with `worker queue show`")
        }
    }

    /// Only counts and samples.
    public func dryRun(_ filter: DeadLetterFilter, limit: Int?) async throws -> Outcome {
        var outcome = Outcome()
        try await walk(filter).each(limit: limit) { jobs in
            for job in jobs { Self.count(job, in: &outcome) }
            return jobs.map { _ in .left }
        }
        return outcome
    }

    /// Moves what fits to the end of the line, oldest first, with attempts and crashes back at zero.
    /// - Parameter rate: jobs per second; nil for as fast as it goes.
    public func replay(_ filter: DeadLetterFilter, limit: Int?, rate: Int?) async throws -> Outcome {
        var outcome = Outcome()
        let pace = rate.map(ReplayPace.init)
        let start = ContinuousClock.now
        try await walk(filter).each(limit: limit, pageSize: pace?.batch ?? 100) { jobs in
            var moves: [(QueuedJob, ByteBuffer?)] = []
            for job in jobs {
                Self.count(job, in: &outcome)
                if let replacement = Self.replacement(job) { moves.append((job, replacement)) }
            }
            if let pace, !moves.isEmpty {
                try await Task.sleep(
                    until: start + pace.earliest(after: outcome.moved + outcome.gone), clock: .continuous)
            }
            let missing = try await requeue(moves, from: keys.dead, side: "tail")
            outcome.moved += moves.count - missing.count
            outcome.gone += missing.count
            return jobs.map { Self.replacement($0) == nil ? .left : .taken }
        }
        return outcome
    }

    private func walk(_ filter: DeadLetterFilter) -> DeadLetterWalk {
        DeadLetterWalk(inspector: inspector, redis: redis, filter: filter)
    }

    private static func count(_ job: QueuedJob, in outcome: inout Outcome) {
        outcome.matched += 1
        if replacement(job) == nil { outcome.leftAlone += 1 }
        if outcome.sample.count < sampleSize { outcome.sample.append(JobReport.json(job, reveal: false).line) }
    }

    /// The job as new; nil if it cannot run again.
    static func replacement(_ job: QueuedJob) -> ByteBuffer? {
        guard job.isOurs, let element = job.element, element.header.type != "unreadable" else { return nil }
        return element.replacingHeader { header in
            header.attempt = 0
            header.crashes = 0
            header.error = nil
        }.bytes
    }

    private func requeue(
        _ moves: [(job: QueuedJob, replacement: ByteBuffer?)], from key: String, side: RedisArgument
    ) async throws -> Set<Int> {
        guard !moves.isEmpty else { return [] }
        var arguments = [side]
        for move in moves {
            arguments.append(.bytes(move.job.bytes))
            arguments.append(move.replacement.map { .bytes($0) } ?? "")
        }
        return try await redis.run(AdministrationScripts.requeue, keys: [key, keys.ready], arguments: arguments)
            .positions(of: "the replay")
    }
}

/// When the next batch may go so that no more than `rate` jobs a second do.
struct ReplayPace: Equatable {
    let rate: Int

    /// About ten batches a second, at most 100 jobs each.
    var batch: Int { min(100, max(1, rate / 10)) }

    /// Time from the start before which nothing may follow `moved` jobs.
    func earliest(after moved: Int) -> Duration {
        .microseconds(Int64(moved) * 1_000_000 / Int64(max(1, rate)))
    }
}
