public import JobQueue
internal import NIOCore
public import Postgres
public import RedisClient

/// Moves jobs out of Redis into the table `archived_jobs`: written and committed there first, taken out of Redis then.
///
/// Cut off in between, a job stands in both; the next run finds its row by queue, bytes and time, adds none, and takes
/// the job out of Redis. So each job is archived exactly once. One archiver at a time works on a queue.
public struct JobArchive: Sendable {
    public enum Purpose: String, Sendable {
        case archive
        case discard
    }

    public struct Outcome: Sendable, Equatable {
        public var archived = 0
        /// Taken away by somebody else (a replay) before they could be archived; they are where that put them.
        public var gone = 0
    }

    private static let lock: PostgresStatement =
        "select pg_try_advisory_lock(hashtextextended('quoteline archive ' || $1, 0))"
    private static let unlock: PostgresStatement =
        "select pg_advisory_unlock(hashtextextended('quoteline archive ' || $1, 0))"
    private static let insert: PostgresStatement = """
        insert into archived_jobs
            (queue, place, job_id, type, error_code, error_text, received_at, placed_at, purpose, element, element_hash)
        select $1, $2, j.job_id, j.type, j.error_code, j.error_text, j.received_at, j.placed_at, $3, j.element,
            sha256(j.element)
        from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[], $10::bytea[])
            as j (job_id, type, error_code, error_text, received_at, placed_at, element)
        on conflict do nothing
        """
    private static let confirm: PostgresStatement = """
        update archived_jobs set removed_at = now()
        where queue = $1 and removed_at is null
            and element_hash in (select sha256(element) from unnest($2::bytea[]) as e (element))
        """
    private static let withdraw: PostgresStatement = """
        delete from archived_jobs
        where queue = $1 and removed_at is null
            and element_hash in (select sha256(element) from unnest($2::bytea[]) as e (element))
        """

    private let keys: QueueKeys
    private let redis: any RedisCommandSender
    private let database: PostgresConnection
    private let origin: String

    /// - Parameters:
    ///   - database: one connection, since the lock is the connection's: it ends with it, also by a kill.
    ///   - origin: who and from where, such as `cli:root`.
    public init(keys: QueueKeys, redis: any RedisCommandSender, database: PostgresConnection, origin: String) {
        self.keys = keys
        self.redis = redis
        self.database = database
        self.origin = origin
    }

    /// Archives the dead letters that fit, oldest first.
    public func run(_ filter: DeadLetterFilter, purpose: Purpose, limit: Int?) async throws -> Outcome {
        let walk = DeadLetterWalk(
            inspector: QueueInspector(keys: keys, redis: redis), redis: redis, filter: filter)
        return try await locked(purpose) { outcome in
            try await walk.each(limit: limit) { jobs in
                let gone = try await archive(jobs, purpose: purpose)
                outcome.archived += jobs.count - gone.count
                outcome.gone += gone.count
                return jobs.map { _ in .taken }
            }
        } audit: { outcome in
            [("filter", .object(filter.members)), ("limit", .optional(limit.map { Int64($0) }))] + Self.members(outcome)
        }
    }

    /// Archives one job, wherever it is, save in a worker's hands.
    public func discard(_ job: QueuedJob) async throws -> Outcome {
        if case .claimed(let worker) = job.place {
            throw AdministrationError(
                "\(job.id ?? "the job") is in the hands of \(worker): wait until it is settled, then look again")
        }
        if case .lane(let number) = job.place {
            throw AdministrationError(
                "\(job.id ?? "the job") is only a turn in the lane of \(number): the message itself would get another "
                    + "one; take the message back with `worker message cancel`")
        }
        return try await locked(.discard) { outcome in
            let gone = try await archive([job], purpose: .discard)
            outcome.archived += 1 - gone.count
            outcome.gone += gone.count
        } audit: { outcome in
            [("id", .optional(job.id)), ("place", .text(job.place.name))] + Self.members(outcome)
        }
    }

    private static func members(_ outcome: Outcome) -> [(String, JSONOutput)] {
        [("archived", .integer(Int64(outcome.archived))), ("gone", .integer(Int64(outcome.gone)))]
    }

    /// Runs `body` as the only archiver of the queue and writes what came of it to the audit log.
    private func locked(
        _ purpose: Purpose, _ body: (inout Outcome) async throws -> Void,
        audit: (Outcome) -> [(String, JSONOutput)]
    ) async throws -> Outcome {
        let queue = keys.queue.rawValue
        let free = try await database.withConnection { session in
            try session.execute(Self.lock, [.text(queue)]).only().bool(0)
        }
        guard free else {
            throw AdministrationError("another archive or discard of \(queue) is running: wait until it has ended")
        }
        var outcome = Outcome()
        var failure: (any Error)?
        do { try await body(&outcome) } catch { failure = error }
        let entry = AuditEntry(
            action: "queue.\(purpose.rawValue)",
            detail: .object(
                [("queue", .text(queue))] + audit(outcome) + (failure == nil ? [] : [("cut_off", .bool(true))])),
            origin: origin)
        do {
            try await database.withTransaction { session in try entry.write(in: session) }
            try await database.withConnection { session in _ = try session.execute(Self.unlock, [.text(queue)]) }
        } catch {
            throw failure ?? error
        }
        if let failure { throw failure }
        return outcome
    }

    /// - Returns: the positions of jobs that somebody else had taken away.
    private func archive(_ jobs: [QueuedJob], purpose: Purpose) async throws -> Set<Int> {
        guard let place = jobs.first?.place else { return [] }
        let rows = ArchivedRows(jobs)
        let queue = keys.queue.rawValue
        try await database.withTransaction { session in
            _ = try session.execute(
                Self.insert,
                [
                    .text(queue), .text(place.name), .text(purpose.rawValue), .array(rows.ids), .array(rows.types),
                    .array(rows.errorCodes), .array(rows.errorTexts), .array(rows.receivedAt), .array(rows.placedAt),
                    .array(rows.elements),
                ])
        }
        let key =
            switch place {
            case .ready: keys.ready
            case .lane(let number): keys.lane(of: number)
            case .scheduled: keys.scheduled
            case .dead: keys.dead
            case .claimed(let worker): keys.claimed(by: worker)
            }
        let gone = try await redis.run(
            AdministrationScripts.remove, keys: [key], arguments: jobs.map { .bytes($0.bytes) }
        ).positions(of: "the archive")
        let left = ArchivedRows.elements(jobs.indices.filter { !gone.contains($0) }.map { jobs[$0] })
        let taken = ArchivedRows.elements(gone.map { jobs[$0] })
        try await database.withTransaction { session in
            _ = try session.execute(Self.confirm, [.text(queue), .array(left)])
            // Nobody else removes jobs while the lock is ours, and Redis has answered: these live on elsewhere.
            _ = try session.execute(Self.withdraw, [.text(queue), .array(taken)])
        }
        return gone
    }
}
