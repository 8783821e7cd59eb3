internal import JobQueue
internal import Logging
internal import NIOCore
internal import RedisClient
internal import Synchronization

/// Takes jobs for one worker over a connection of its own.
///
/// A blocking command answers in its turn only, so nothing else may wait behind it; and a blocked client that is merely
/// forgotten stays armed at the server and swallows the next job. So the connection is closed when in doubt, and what the
/// server may have moved meanwhile is found by comparing the worker's list with the jobs in hand.
final class JobClaimer: Sendable {
    enum Claim: Sendable {
        case jobs([ByteBuffer])
        /// Nothing to take now: empty for the whole wait.
        case none
        /// Next is a job that is worked on with nothing beside it, and this worker is busy.
        case suspectNext
        case paused
        /// This worker was declared dead.
        case gone
    }

    /// Whether the worker has other jobs in work, or has just taken one for the same batch; see claim.lua.
    private enum Mode: String {
        case alone, busy, more
    }

    private struct State {
        var connection: RedisConnection?
        var closed = false
        var lastRoundTrip: ContinuousClock.Instant?
    }

    private let keys: QueueKeys
    private let worker: WorkerIdentity
    private let settings: ConsumerConfiguration
    private let redis: RedisConfiguration
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let state = Mutex(State())

    init(
        keys: QueueKeys, worker: WorkerIdentity, settings: ConsumerConfiguration, redis: RedisConfiguration,
        eventLoop: any EventLoop, logger: Logger
    ) {
        self.keys = keys
        self.worker = worker
        self.settings = settings
        self.redis = redis
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// When this connection last heard from Redis.
    var lastRoundTrip: ContinuousClock.Instant? { state.withLock { $0.lastRoundTrip } }

    /// Closes the connection for good; a claim that waits on it fails at once.
    func close() {
        let connection = state.withLock { state in
            state.closed = true
            defer { state.connection = nil }
            return state.connection
        }
        connection?.abandon()
    }

    /// Takes up to a batch of jobs; waits for one if there is none.
    func next(busy: Bool) async throws(RedisError) -> Claim {
        let connection = try await open()
        do throws(RedisError) {
            let first = try await claim(busy ? .busy : .alone, after: 0, on: connection)
            if case .none = first {} else { return first }
            let reply = try await connection.send(
                RedisCommand(
                    "BLMOVE", .text(keys.ready), .text(keys.claimed(by: worker.id)), "RIGHT", "LEFT",
                    .text(settings.blocking.secondsText)),
                timeout: settings.blocking.timeAmount + .seconds(3))
            heard()
            guard case .bulk(let job) = reply else { return .none }
            // A job that comes back from a dead owner is worked on alone.
            if let element = try? JobElement(job), element.header.crashes > 0 { return .jobs([job]) }
            guard settings.batch > 1,
                case .jobs(let others) = try await claim(.more, after: job.readableBytes, on: connection)
            else { return .jobs([job]) }
            return .jobs([job] + others)
        } catch {
            drop(connection)
            throw error
        }
    }

    /// The worker's own claimed list, newest first, as the connection that fills it sees it.
    func ownList() async throws(RedisError) -> [ByteBuffer] {
        let connection = try await open()
        do throws(RedisError) {
            let reply = try await connection.send(
                RedisCommand("LRANGE", .text(keys.claimed(by: worker.id)), "0", "-1"), timeout: .seconds(5))
            heard()
            return try reply.bulks()
        } catch {
            drop(connection)
            throw error
        }
    }

    /// The length of the worker's own claimed list.
    func ownListLength() async throws(RedisError) -> Int {
        let connection = try await open()
        do throws(RedisError) {
            let reply = try await connection.send(
                RedisCommand("LLEN", .text(keys.claimed(by: worker.id))), timeout: .seconds(3))
            heard()
            guard case .integer(let length) = reply else { throw RedisError.unexpectedReply("a length") }
            return Int(length)
        } catch {
            drop(connection)
            throw error
        }
    }

    private func claim(
        _ mode: Mode, after bytes: Int, on connection: RedisConnection
    ) async throws(RedisError) -> Claim {
        let reply = try await connection.run(
            JobScripts.claim, keys: [keys.ready, keys.claimed(by: worker.id), keys.paused, keys.workers],
            arguments: [
                .text(worker.id), .integer(Int64(mode == .more ? settings.batch - 1 : settings.batch)),
                .integer(Int64(max(0, settings.batchBytes - bytes))), .text(mode.rawValue),
            ], timeout: .seconds(5))
        heard()
        var jobs = try reply.bulks()
        guard !jobs.isEmpty else { throw RedisError.unexpectedReply("claim: a state") }
        switch String(buffer: jobs.removeFirst()) {
        case "ok": return jobs.isEmpty ? .none : .jobs(jobs)
        case "suspect": return .suspectNext
        case "paused": return .paused
        case "gone": return .gone
        case _: throw RedisError.unexpectedReply("claim: a known state")
        }
    }

    private func open() async throws(RedisError) -> RedisConnection {
        if let connection = state.withLock({ $0.connection }), connection.isOpen { return connection }
        let connection = try await RedisConnection.connect(redis, on: eventLoop, logger: logger)
        let keep = state.withLock { state in
            if state.closed { return false }
            state.connection = connection
            return true
        }
        guard keep else {
            connection.abandon()
            throw RedisError.claimerClosed
        }
        return connection
    }

    private func drop(_ connection: RedisConnection) {
        state.withLock { state in
            if state.connection === connection { state.connection = nil }
        }
        connection.abandon()
    }

    private func heard() {
        state.withLock { $0.lastRoundTrip = .now }
    }
}
