internal import JobQueue
internal import NIOCore
internal import RedisClient

/// One page of the jobs of a place.
public struct JobListing: Sendable {
    public let jobs: [QueuedJob]
    /// Where the next page begins; nil on the last. A page before it may be short, or empty.
    public let next: JobCursor?
}

extension QueueInspector {
    /// Dead jobs that are looked at in one step: so Redis answers others in between.
    private static let looksAtOnce = 1_000
    /// Steps for one page, about 20 ms of Redis' time: a page of a rare error ends there, short or empty.
    private static let stepsForAPage = 10

    /// One page of a place, those that come first, or died first, before the others.
    /// - Parameters:
    ///   - error: only dead jobs with this error's code.
    ///   - cursor: the `next` of the page before. One that belongs to another place begins anew.
    public func list(
        _ state: PeekedState, error: String? = nil, after cursor: JobCursor? = nil, limit: Int
    ) async throws -> JobListing {
        switch state {
        case .ready: return try await list([(.ready, keys.ready)], after: cursor, limit: limit)
        case .lane:
            // By number: their turns change all the time.
            let lists = try await lanes().sorted().map { (JobPlace.lane(number: $0), keys.lane(of: $0)) }
            return try await list(lists, after: cursor, limit: limit)
        case .claimed:
            let workers = try await workers().workers.filter { $0.held > 0 }.map(\.id).sorted()
            return try await list(
                workers.map { (JobPlace.claimed(worker: $0), keys.claimed(by: $0)) }, after: cursor, limit: limit)
        case .scheduled: return try await sorted(.scheduled, after: cursor, limit: limit)
        case .dead:
            guard let error else { return try await sorted(.dead, after: cursor, limit: limit) }
            return try await dead(of: error, after: cursor, limit: limit)
        }
    }

    private func list(
        _ lists: [(place: JobPlace, key: String)], after cursor: JobCursor?, limit: Int
    ) async throws -> JobListing {
        guard !lists.isEmpty else { return JobListing(jobs: [], next: nil) }
        let start = if case .position(let position) = cursor { position } else { 0 }
        let reply = try await redis.run(
            AdministrationScripts.lists, keys: lists.map(\.key),
            arguments: [.integer(start), .integer(limit), .integer(Self.pageBytes)]
        ).array(of: "a page of jobs")
        let jobs = stride(from: 1, to: reply.count - 1, by: 2).compactMap { index -> QueuedJob? in
            guard let number = reply[index].integer, lists.indices.contains(Int(number) - 1) else { return nil }
            return reply[index + 1].bytes.map {
                QueuedJob(queue: keys.queue, place: lists[Int(number) - 1].place, score: nil, bytes: $0)
            }
        }
        return JobListing(jobs: jobs, next: reply.first?.integer == 1 ? .position(start + jobs.count) : nil)
    }

    /// One job more than is shown is read, which says whether there is another page.
    private func sorted(_ place: JobPlace, after cursor: JobCursor?, limit: Int) async throws -> JobListing {
        var (lowest, skip) = Self.start(cursor)
        let reply = try await redis.run(
            AdministrationScripts.page, keys: [place == .dead ? keys.dead : keys.scheduled],
            arguments: [
                .text(lowest), "+inf", .integer(skip), .integer(limit + 1), .integer(Self.pageBytes),
            ]
        ).array(of: "a page of jobs")
        var jobs: [QueuedJob] = []
        for index in stride(from: 0, to: min(reply.count, 2 * limit) - 1, by: 2) {
            guard let bytes = reply[index].bytes, let score = reply[index + 1].text else { continue }
            jobs.append(QueuedJob(queue: keys.queue, place: place, score: Double(score), bytes: bytes))
            (lowest, skip) = score == lowest ? (lowest, skip + 1) : (score, 1)
        }
        // A page that ends early is full of bytes, or the last one; the next page tells.
        let isLast = reply.count <= 2 * limit && jobs.reduce(0) { $0 + $1.bytes.readableBytes } < Self.pageBytes / 2
        return JobListing(jobs: jobs, next: isLast || jobs.isEmpty ? nil : .score(lowest, skip: skip))
    }

    private func dead(of error: String, after cursor: JobCursor?, limit: Int) async throws -> JobListing {
        var (lowest, skip) = Self.start(cursor)
        var jobs: [QueuedJob] = []
        for _ in 0..<Self.stepsForAPage {
            let reply = try await lookThroughDead(lowest, skip, jobs: limit - jobs.count, of: error)
            for index in stride(from: 2, to: reply.count - 1, by: 2) {
                guard let bytes = reply[index].bytes else { continue }
                jobs.append(QueuedJob(queue: keys.queue, place: .dead, score: reply[index + 1].score, bytes: bytes))
            }
            guard let next = reply[0].text, let left = reply[1].integer, left >= 0 else {
                return JobListing(jobs: jobs, next: nil)
            }
            (lowest, skip) = (next, Int(left))
            if jobs.count >= limit { break }
        }
        return JobListing(jobs: jobs, next: .score(lowest, skip: skip))
    }

    /// One step of a look through the dead jobs; see the script for what it returns.
    func lookThroughDead(
        _ lowest: String, _ skip: Int, jobs: Int = 0, of error: String = ""
    ) async throws -> [RedisReply] {
        var code = ByteBuffer()
        JSONString.write(error, into: &code)
        let reply = try await redis.run(
            AdministrationScripts.errors, keys: [keys.dead],
            arguments: [
                .text(lowest), .integer(skip), .integer(Self.looksAtOnce), .integer(Self.pageBytes), .integer(jobs),
                .bytes(code),
            ]
        ).array(of: "a look through the dead jobs")
        guard reply.count >= 2 else { throw AdministrationError("Redis did not tell what the dead jobs are") }
        return reply
    }

    static func start(_ cursor: JobCursor?) -> (lowest: String, skip: Int) {
        if case .score(let score, let skip) = cursor { (score, skip) } else { ("-inf", 0) }
    }
}
