public import JobQueue
public import NIOCore
public import RedisClient

/// One queue in Redis: every change of a job's state is one of these calls, each a single script.
public struct JobStore: Sendable {
    /// After this many bytes a step that moves jobs ends, so that Redis answers others in between.
    private static let bytesPerStep = 4 * 1_024 * 1_024

    /// Milliseconds after which another worker goes on with a promotion whose worker has fallen silent.
    private static let promotionLock = 300

    /// A heartbeat that is not answered by then is tried again on another connection, well within a lease.
    private static let heartbeatTimeout = TimeAmount.seconds(2)

    public let keys: QueueKeys
    private let client: RedisClient

    public init(keys: QueueKeys, client: RedisClient) {
        self.keys = keys
        self.client = client
    }

    /// Where a settled job goes.
    public enum Target: Sendable, Equatable {
        case done
        /// Due after this many milliseconds of Redis' clock.
        case scheduled(after: Int64)
        case dead
        /// Back to the head of the line.
        case ready
        /// To the end of the lane of this name, or to its head.
        case lane(String, atHead: Bool)

        /// Whether the job goes to the head of a line, before those that wait there.
        var isHead: Bool {
            switch self {
            case .ready: true
            case .lane(_, let atHead): atHead
            case .done, .scheduled, .dead: false
            }
        }
    }

    public struct Settlement: Sendable {
        /// The job's exact bytes: its handle.
        public var bytes: ByteBuffer
        public var target: Target
        /// What takes the job's place; nil keeps its bytes.
        public var replacement: ByteBuffer?

        public init(bytes: ByteBuffer, target: Target, replacement: ByteBuffer? = nil) {
            self.bytes = bytes
            self.target = target
            self.replacement = replacement
        }
    }

    /// Settles jobs of `worker` in one step. Those that go back to `ready` stand there in the order given.
    /// - Returns: the positions of stale jobs, which the worker no longer owned; nothing was changed for them.
    public func settle(_ settlements: [Settlement], worker: WorkerIdentity) async throws(RedisError) -> [Int] {
        let reply = try await client.run(
            JobScripts.settle, keys: settlingKeys(worker), arguments: settlingArguments(settlements))
        return try reply.integers().map { Int($0) }
    }

    /// Settles the only job that `worker` holds and claims, in the same step, what an idle worker would be given next.
    /// - Parameters:
    ///   - batch: most jobs to claim.
    ///   - bytes: most bytes to claim; the first job comes whatever its size.
    /// - Returns: whether the job was stale, and what was claimed.
    func relay(
        _ settlement: Settlement, worker: WorkerIdentity, batch: Int, bytes: Int
    ) async throws(RedisError) -> (isStale: Bool, claim: JobClaim) {
        let reply = try await client.run(
            JobScripts.relay, keys: settlingKeys(worker) + [keys.paused, keys.workers],
            arguments: [.text(worker.id), .integer(Int64(batch)), .integer(Int64(bytes))]
                + settlingArguments([settlement]))
        guard let parts = reply.elements, parts.count == 2 else {
            throw RedisError.unexpectedReply("relay: a settlement and a claim")
        }
        return (try !parts[0].integers().isEmpty, try JobClaim(parts[1]))
    }

    private func settlingKeys(_ worker: WorkerIdentity) -> [String] {
        [keys.claimed(by: worker.id), keys.ready, keys.scheduled, keys.dead, keys.lanes, keys.wake]
    }

    private func settlingArguments(_ settlements: [Settlement]) -> [RedisArgument] {
        var arguments: [RedisArgument] = [.text(keys.lanePrefix)]
        arguments.reserveCapacity(settlements.count * 4 + 1)
        for settlement in settlements {
            arguments.append(.bytes(settlement.bytes))
            switch settlement.target {
            case .done: arguments += ["done", ""]
            case .dead: arguments += ["dead", ""]
            case .ready: arguments += ["ready", ""]
            case .scheduled(let after): arguments += ["scheduled", .integer(after)]
            case .lane(let name, let atHead): arguments += [atHead ? "lane-head" : "lane", .text(name)]
            }
            arguments.append(settlement.replacement.map { .bytes($0) } ?? "")
        }
        return arguments
    }

    /// Puts jobs' full forms in the place of what `worker` has claimed.
    /// - Returns: the positions of those that were not in its list; nothing was changed for them.
    func adopt(
        _ jobs: [(claimed: ByteBuffer, full: ByteBuffer)], worker: WorkerIdentity
    ) async throws(RedisError) -> [Int] {
        let reply = try await client.run(
            JobScripts.adopt, keys: [keys.claimed(by: worker.id)],
            arguments: jobs.flatMap { [.bytes($0.claimed), .bytes($0.full)] })
        return try reply.integers().map { Int($0) }
    }

    /// Registers a new worker id.
    /// - Returns: Redis' time in Unix milliseconds; nil if the id was used before.
    public func register(_ worker: WorkerIdentity) async throws(RedisError) -> Int64? {
        try await heartbeat(worker, mode: "register")
    }

    /// Renews the lease.
    /// - Returns: Redis' time in Unix milliseconds; nil if the worker was declared dead.
    public func beat(_ worker: WorkerIdentity) async throws(RedisError) -> Int64? {
        try await heartbeat(worker, mode: "beat")
    }

    private func heartbeat(_ worker: WorkerIdentity, mode: String) async throws(RedisError) -> Int64? {
        let reply = try await client.run(
            JobScripts.heartbeat, keys: [keys.workers, keys.departed], arguments: [.text(worker.id), .text(mode)],
            timeout: Self.heartbeatTimeout)
        guard case .integer(let now) = reply else { throw RedisError.unexpectedReply("heartbeat: a time") }
        return now == 0 ? nil : now
    }

    /// Leaves: the id departs, and whatever is still delivered into its list carries no crash. A worker that was
    /// declared dead leaves too; that only makes sure that its list is under watch.
    public func leave(_ worker: WorkerIdentity) async throws(RedisError) {
        _ = try await client.run(
            JobScripts.leave, keys: [keys.workers, keys.departed], arguments: [.text(worker.id)])
    }

    /// Declares dead whoever has not renewed for `lease` milliseconds.
    /// - Parameters:
    ///   - lastBeat: what the caller's last heartbeat was answered; nil if nobody may be declared dead now.
    ///   - watch: milliseconds for which the list of a departed worker is still looked at.
    /// - Returns: the departed workers whose lists hold something; nil if another worker is looking right now.
    public func departed(
        asking worker: WorkerIdentity, lease: Int64, lock: Int64, lastBeat: Int64?, watch: Int64
    ) async throws(RedisError) -> [WorkerIdentity]? {
        let reply = try await client.run(
            JobScripts.depart, keys: [keys.workers, keys.departed, keys.lock("recovery")],
            arguments: [
                .text(worker.id), .integer(lease), .integer(lock), .integer(lastBeat ?? 0), .text(keys.claimedPrefix),
                .integer(watch), .integer(LeaseSteadiness.longestGap(ofLease: lease)),
            ])
        if reply == .null { return nil }
        return try reply.bulks().map { WorkerIdentity(id: String(buffer: $0)) }
    }

    public struct Recovery: Sendable, Equatable {
        public var putBack: Int
        public var buried: Int
        public var left: Int
    }

    /// Puts up to `limit` jobs of a departed worker back at the head of the line.
    /// - Parameter crashLimit: crashes at which a job is buried.
    public func recover(
        from departed: WorkerIdentity, limit: Int, crashLimit: Int
    ) async throws(RedisError) -> Recovery {
        let error = #"{"code":"crash-loop","text":"Its worker died \#(crashLimit) times while holding it."}"#
        let reply = try await client.run(
            JobScripts.recover,
            keys: [keys.claimed(by: departed.id), keys.ready, keys.dead, keys.workers, keys.departed],
            arguments: [
                .text(departed.id), .integer(limit), .integer(Self.bytesPerStep), .integer(crashLimit), .text(error),
            ])
        let numbers = try reply.integers()
        guard numbers.count == 3 else { throw RedisError.unexpectedReply("recover: three numbers") }
        return Recovery(putBack: Int(numbers[0]), buried: Int(numbers[1]), left: Int(numbers[2]))
    }

    /// Moves up to `limit` due jobs from the schedule to the waiting list.
    /// - Returns: how many moved, and the milliseconds until the next is due (nil if none waits), or until this worker may
    ///   look again because another one is at it.
    public func promote(limit: Int, asking worker: WorkerIdentity) async throws(RedisError) -> (
        moved: Int, nextDue: Int64?
    ) {
        let reply = try await client.run(
            JobScripts.promote, keys: [keys.scheduled, keys.ready, keys.lock("promotion")],
            arguments: [
                .integer(limit), .integer(Self.bytesPerStep), .text(worker.id), .integer(Self.promotionLock),
            ])
        let numbers = try reply.integers()
        guard numbers.count == 2 else { throw RedisError.unexpectedReply("promote: two numbers") }
        return (Int(numbers[0]), numbers[1] < 0 ? nil : numbers[1])
    }

    /// The jobs in a worker's own list, newest claim first.
    public func claimed(by worker: WorkerIdentity) async throws(RedisError) -> [ByteBuffer] {
        try await client.send(RedisCommand("LRANGE", .text(keys.claimed(by: worker.id)), "0", "-1")).bulks()
    }
}

extension RedisReply {
    /// An array of integers, or an error that names what came instead.
    func integers() throws(RedisError) -> [Int64] {
        guard case .array(let items) = self else { throw RedisError.unexpectedReply("an array") }
        var numbers: [Int64] = []
        for item in items {
            guard case .integer(let number) = item else { throw RedisError.unexpectedReply("an array of integers") }
            numbers.append(number)
        }
        return numbers
    }

    /// An array of bulk strings, or an error that names what came instead.
    func bulks() throws(RedisError) -> [ByteBuffer] {
        guard case .array(let items) = self else { throw RedisError.unexpectedReply("an array") }
        var bulks: [ByteBuffer] = []
        bulks.reserveCapacity(items.count)
        for item in items {
            guard case .bulk(let bytes) = item else { throw RedisError.unexpectedReply("an array of strings") }
            bulks.append(bytes)
        }
        return bulks
    }
}
