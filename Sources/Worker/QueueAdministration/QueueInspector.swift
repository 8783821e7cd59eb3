public import JobEngine
public import JobQueue
internal import LenientJSON
internal import NIOCore
public import RedisClient

/// Looks into one queue; changes nothing.
public struct QueueInspector: Sendable {
    /// So many bytes are handed over in one step of a search or a listing.
    static let pageBytes: Int64 = 4 * 1_024 * 1_024

    public let keys: QueueKeys
    let redis: any RedisCommandSender

    public init(keys: QueueKeys, redis: any RedisCommandSender) {
        self.keys = keys
        self.redis = redis
    }

    public func stats() async throws -> QueueStats {
        try await QueueStats.read(keys, from: redis)
    }

    public func workers() async throws -> QueueWorkers {
        let reply = try await redis.run(
            AdministrationScripts.workers, keys: [keys.workers, keys.departed], arguments: [.text(keys.claimedPrefix)]
        ).array(of: "the list of workers")
        guard let now = reply.first?.integer, reply.count % 4 == 1 else {
            throw AdministrationError("Redis gave no list of workers that makes sense")
        }
        let all = stride(from: 1, to: reply.count, by: 4).map { index in
            QueueWorkers.Worker(
                id: reply[index].text ?? "", isAlive: reply[index + 1].text == "alive",
                silence: max(0, now - Int64(reply[index + 2].score ?? 0)), held: reply[index + 3].integer ?? 0)
        }
        return QueueWorkers(queue: keys.queue, workers: all)
    }

    /// Up to `limit` jobs of one place: those that come first, or died first, before the others.
    public func peek(_ state: PeekedState, limit: Int) async throws -> [QueuedJob] {
        guard limit > 0 else { return [] }
        switch state {
        case .ready: return try await tail(of: keys.ready, place: .ready, limit: limit)
        case .scheduled: return try await page(.scheduled, DeadLetterCursor(), limit: limit)
        case .lane:
            var jobs: [QueuedJob] = []
            for number in try await lanes() where jobs.count < limit {
                jobs += try await tail(
                    of: keys.lane(of: number), place: .lane(number: number), limit: limit - jobs.count)
            }
            return jobs
        case .dead: return try await page(.dead, DeadLetterCursor(), limit: limit)
        case .claimed:
            var jobs: [QueuedJob] = []
            for worker in try await workers().workers where worker.held > 0 && jobs.count < limit {
                jobs += try await tail(
                    of: keys.claimed(by: worker.id), place: .claimed(worker: worker.id), limit: limit - jobs.count)
            }
            return jobs
        }
    }

    /// The numbers whose lanes hold something, the one that may send next first.
    func lanes() async throws -> [String] {
        guard keys.queue == .outbound else { return [] }
        return try await redis.send(RedisCommand("ZRANGE", .text(keys.lanes), "0", "-1")).array(of: "ZRANGE")
            .compactMap(\.text)
    }

    /// The right end of a list, oldest first.
    private func tail(of key: String, place: JobPlace, limit: Int) async throws -> [QueuedJob] {
        let reply = try await redis.send(RedisCommand("LRANGE", .text(key), .integer(-limit), "-1"))
            .array(of: "LRANGE")
        return reply.reversed().compactMap { item in
            item.bytes.map { QueuedJob(queue: keys.queue, place: place, score: nil, bytes: $0) }
        }
    }

    /// The jobs of a sorted set from a cursor on, bounded in number and bytes.
    func page(_ place: JobPlace, _ cursor: DeadLetterCursor, limit: Int) async throws -> [QueuedJob] {
        let reply = try await redis.run(
            AdministrationScripts.page, keys: [place == .dead ? keys.dead : keys.scheduled],
            arguments: [
                .text(cursor.lowest), .text(cursor.highest), .integer(cursor.skip), .integer(limit),
                .integer(Self.pageBytes),
            ]
        ).array(of: "a page of jobs")
        return stride(from: 0, to: reply.count - 1, by: 2).compactMap { index in
            reply[index].bytes.map {
                QueuedJob(queue: keys.queue, place: place, score: reply[index + 1].score, bytes: $0)
            }
        }
    }

    /// Finds a job by its id, wherever it is in this queue; nil if it is not there.
    ///
    /// Jobs move while we look, always from ready by lane and claimed to elsewhere: what was missed once is found the second time.
    /// - Parameter unowned: whether to look, at last, through claimed lists too whose owner nobody watches over. They are
    ///   found by a walk through all keys of Redis: for an operator's own question, not for a page.
    public func find(_ id: String, unowned: Bool = false) async throws -> QueuedJob? {
        for _ in 1...2 {
            if let job = try await search(keys.dead, place: .dead, id: id) { return job }
            if let job = try await search(keys.ready, place: .ready, id: id) { return job }
            for number in try await lanes() {
                if let job = try await search(keys.lane(of: number), place: .lane(number: number), id: id) {
                    return job
                }
            }
            for worker in try await workers().workers where worker.held > 0 {
                let key = keys.claimed(by: worker.id)
                if let job = try await search(key, place: .claimed(worker: worker.id), id: id) { return job }
            }
            if let job = try await search(keys.scheduled, place: .scheduled, id: id) { return job }
        }
        for worker in unowned ? try await ownersOfClaimedLists() : [] {
            let key = keys.claimed(by: worker)
            if let job = try await search(key, place: .claimed(worker: worker), id: id) { return job }
        }
        return nil
    }

    /// Whoever has a claimed list, known as a worker or not.
    private func ownersOfClaimedLists() async throws -> [String] {
        var owners: Set<String> = []
        var cursor = "0"
        repeat {
            // Neither the prefix nor the braces mean something in a pattern.
            let reply = try await redis.send(
                RedisCommand("SCAN", .text(cursor), "MATCH", .text(keys.claimedPrefix + "*"), "COUNT", "1000")
            ).array(of: "SCAN")
            guard reply.count == 2, let next = reply[0].text else { throw AdministrationError("SCAN gave no cursor") }
            cursor = next
            owners.formUnion(
                try reply[1].array(of: "SCAN").compactMap(\.text).map { String($0.dropFirst(keys.claimedPrefix.count)) }
            )
        } while cursor != "0"
        return owners.sorted()
    }

    private func search(_ key: String, place: JobPlace, id: String) async throws -> QueuedJob? {
        let step = try await stepWidth(key)
        var position: Int64 = 0
        while position >= 0 {
            let reply = try await redis.run(
                AdministrationScripts.find, keys: [key],
                arguments: [.integer(position), .integer(step), .text(JSONText.quoted(id))]
            ).array(of: "a search")
            position = reply.first?.integer ?? -1
            // The text may also stand in another job's payload: only the id itself counts.
            if reply.count == 3, let bytes = reply[1].bytes {
                let job = QueuedJob(queue: keys.queue, place: place, score: reply[2].score, bytes: bytes)
                if job.id == id { return job }
            }
        }
        return nil
    }

    /// Positions to look at in one step, so that a step touches about ``pageBytes``.
    private func stepWidth(_ key: String) async throws -> Int64 {
        let size = try await redis.send(RedisCommand("MEMORY", "USAGE", .text(key), "SAMPLES", "5")).integer ?? 0
        let isList = try await redis.send(RedisCommand("TYPE", .text(key))).text == "list"
        let count = try await redis.send(RedisCommand(isList ? "LLEN" : "ZCARD", .text(key))).integer ?? 0
        return min(2_000, max(8, Self.pageBytes / max(1, size / max(1, count))))
    }
}

/// What `worker queue peek` can look at.
public enum PeekedState: String, Sendable, CaseIterable {
    case ready, lane, claimed, scheduled, dead
}

/// The workers of a queue at one moment.
public struct QueueWorkers: Sendable, Equatable {
    public struct Worker: Sendable, Equatable {
        public let id: String
        /// False for one that is gone but whose list is still watched.
        public let isAlive: Bool
        /// Milliseconds since its last heartbeat, or since it went.
        public let silence: Int64
        public let held: Int64
    }

    public let queue: QueueName
    public let workers: [Worker]
}
