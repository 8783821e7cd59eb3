internal import JobQueue
internal import Logging
public import NIOCore
public import RedisClient
internal import Synchronization

/// The connection over which one worker claims.
///
/// A blocking command answers in its turn only, so nothing else may wait behind it; and a blocked client that is merely
/// forgotten stays armed at the server and swallows the next job. So the connection is closed when in doubt, and what the
/// server may have moved meanwhile is found by comparing the worker's list with the jobs in hand.
public final class ClaimConnection: Sendable {
    private struct State {
        var connection: RedisConnection?
        var closed = false
        var lastRoundTrip: ContinuousClock.Instant?
    }

    private let claimed: String
    private let redis: RedisConfiguration
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let state = Mutex(State())

    init(keys: QueueKeys, worker: WorkerIdentity, redis: RedisConfiguration, eventLoop: any EventLoop, logger: Logger) {
        claimed = keys.claimed(by: worker.id)
        self.redis = redis
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// When this connection last heard from Redis.
    public var lastRoundTrip: ContinuousClock.Instant? { state.withLock { $0.lastRoundTrip } }

    /// Closes the connection for good; what waits on it fails at once.
    public func close() {
        let connection = state.withLock { state in
            state.closed = true
            defer { state.connection = nil }
            return state.connection
        }
        connection?.abandon()
    }

    /// The connection, opened if there is none.
    public func open() async throws(RedisError) -> RedisConnection {
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

    /// Gives up a connection of which it is in doubt what it will still deliver.
    public func drop(_ connection: RedisConnection) {
        state.withLock { state in
            if state.connection === connection { state.connection = nil }
        }
        connection.abandon()
    }

    /// A reply has come.
    public func heard() {
        state.withLock { $0.lastRoundTrip = .now }
    }

    /// The worker's own claimed list, newest first.
    public func ownList() async throws(RedisError) -> [ByteBuffer] {
        try await answer(to: RedisCommand("LRANGE", .text(claimed), "0", "-1"), timeout: .seconds(5)).bulks()
    }

    /// The length of the worker's own claimed list.
    public func ownListLength() async throws(RedisError) -> Int {
        let reply = try await answer(to: RedisCommand("LLEN", .text(claimed)), timeout: .seconds(3))
        guard case .integer(let length) = reply else { throw RedisError.unexpectedReply("a length") }
        return Int(length)
    }

    private func answer(to command: RedisCommand, timeout: TimeAmount) async throws(RedisError) -> RedisReply {
        let connection = try await open()
        do throws(RedisError) {
            let reply = try await connection.send(command, timeout: timeout)
            heard()
            return reply
        } catch {
            drop(connection)
            throw error
        }
    }
}
