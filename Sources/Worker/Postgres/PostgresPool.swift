import Dispatch
public import Logging
public import ServiceLifecycle
import Synchronization

/// A few connections shared by many tasks, kept open by `run()`.
///
/// Who waits is served in order of arrival. While PostgreSQL is away, callers get a `connection` error at once, and the
/// pool comes back by itself within about a second of the server. A connection whose state is not known is closed and
/// replaced, never handed on.
public final class PostgresPool: PostgresDatabase, Service, Sendable {
    private typealias Waiter = CheckedContinuation<Result<PostgresConnection, PostgresError>, Never>
    private typealias State = PostgresPoolState<PostgresConnection, Waiter>

    /// For gauges.
    public struct Statistics: Sendable {
        public let size: Int
        public let idle: Int
        public let leased: Int
        public let waiting: Int
    }

    private let configuration: PostgresConfiguration
    private let waitLimit: Duration
    private let logger: Logger
    private let backoff = ReconnectBackoff()
    private let state: Mutex<State>
    private let nextID = Atomic<UInt64>(0)
    private let timers = DispatchQueue(label: "postgres.pool")
    /// Something happened that may call for a new connection.
    private let vacancy = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    /// The last lease ended after the shutdown.
    private let drained = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameters:
    ///   - size: How many connections are kept open, 2 to 8 for a Worker: the server does the work, not the waiting.
    ///   - waitLimit: How long a caller waits for a free connection before it gets a `timeout` error.
    public init(
        configuration: PostgresConfiguration, size: Int, waitLimit: Duration = .seconds(5), logger: Logger
    ) {
        self.configuration = configuration
        self.waitLimit = waitLimit
        self.logger = logger
        state = Mutex(State(size: max(1, size)))
    }

    /// Runs `body` with a pool of its own that is closed afterwards; for commands.
    public static func withPool<Value>(
        configuration: PostgresConfiguration, size: Int = 1, logger: Logger,
        _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        let pool = PostgresPool(configuration: configuration, size: size, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pool.run() }
            defer { group.cancelAll() }
            return try await body(pool)
        }
    }

    public var statistics: Statistics {
        state.withLock {
            Statistics(size: $0.size, idle: $0.idleCount, leased: $0.leased, waiting: $0.waiting)
        }
    }

    /// Opens the connections and replaces lost ones until the service is shut down; then waits for those in use.
    public func run() async {
        await cancelWhenGracefulShutdown { await self.keepConnected() }
        let (refused, _) = state.withLock { $0.shutDown() }
        for waiter in refused { waiter.resume(returning: .failure(.poolShutDown())) }
        if state.withLock({ $0.isDrained }) { return }
        for await _ in drained.stream { break }
    }

    public func withTransaction<Value: Sendable>(
        options: PostgresTransactionOptions, _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        try await attempt(.transaction(options), timeout: options.timeout, body)
    }

    public func withConnection<Value: Sendable>(
        timeout: Duration?, _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        try await attempt(.statements, timeout: timeout, body)
    }

    private func attempt<Value: Sendable>(
        _ frame: PostgresConnection.Frame, timeout: Duration?,
        _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        let deadline = timeout.map { ContinuousClock.now.advanced(by: $0) }
        var left = state.withLock { $0.size }
        while true {
            let connection = try await lease(until: deadline)
            let attempt = await connection.attempt(frame, deadline: deadline, body)
            giveBack(connection, isUsable: attempt.isUsable)
            // After a restart of the server each idle connection is found dead once; nothing was run on it.
            if case .neverBegan = attempt.ending, left > 0 {
                left -= 1
                continue
            }
            return try attempt.value()
        }
    }

    private func lease(until deadline: ContinuousClock.Instant?) async throws(PostgresError) -> PostgresConnection {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).newValue
        let limit = ContinuousClock.now.advanced(by: waitLimit)
        let deadline = deadline.map { min($0, limit) } ?? limit
        let leased: Result<PostgresConnection, PostgresError> = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                // The flag is looked at under the lock: cancelled before, it is seen here; later, `cancel` finds the waiter.
                let decision = state.withLock { state -> State.LeaseDecision in
                    if Task.isCancelled { return .refuse(.cancelled()) }
                    return state.lease(id: id, waiter: waiter, deadline: deadline)
                }
                switch decision {
                case .take(let connection): waiter.resume(returning: .success(connection))
                case .refuse(let error): waiter.resume(returning: .failure(error))
                case .wait(let wakeAt): scheduleExpiry(at: wakeAt)
                }
            }
        } onCancel: {
            state.withLock { $0.cancel(id: id) }?.resume(returning: .failure(.cancelled()))
        }
        return try leased.get()
    }

    private func giveBack(_ connection: PostgresConnection, isUsable: Bool) {
        let (decision, isDrained) = state.withLock {
            ($0.giveBack(connection, isUsable: isUsable), $0.isDrained)
        }
        carryOut(decision)
        if !isUsable { vacancy.continuation.yield() }
        if isDrained { drained.continuation.yield() }
    }

    private func carryOut(_ decision: State.ReturnDecision) {
        switch decision {
        case .nothing: return
        case .hand(let connection, let waiter): waiter.resume(returning: .success(connection))
        }
    }

    private func scheduleExpiry(at instant: ContinuousClock.Instant?) {
        guard let instant else { return }
        let milliseconds = max(0, (instant - .now).milliseconds) + 1
        timers.asyncAfter(deadline: .now() + .milliseconds(Int(clamping: milliseconds))) { [weak self] in
            self?.expireWaiters()
        }
    }

    private func expireWaiters() {
        let (expired, wakeAt, inUse) = state.withLock {
            let (expired, wakeAt) = $0.expire(now: .now)
            return (expired, wakeAt, $0.leased)
        }
        for waiter in expired {
            waiter.resume(
                returning: .failure(
                    PostgresError(
                        .timeout, sqlState: "57014",
                        summary: "no PostgreSQL connection became free in time (\(inUse) in use)")))
        }
        scheduleExpiry(at: wakeAt)
    }

    /// Connects one at a time, so that a server that is down or starting is not flooded.
    private func keepConnected() async {
        vacancy.continuation.yield()
        for await _ in vacancy.stream {
            var failures = 0
            var generator = SystemRandomNumberGenerator()
            while !Task.isCancelled, state.withLock({ $0.missing }) > 0 {
                do throws(PostgresError) {
                    let connection = try await PostgresConnection.connect(configuration)
                    if failures > 0 { logger.info("PostgreSQL is back", metadata: ["failures": "\(failures)"]) }
                    failures = 0
                    carryOut(state.withLock { $0.connected(connection) })
                } catch {
                    if Task.isCancelled { return }
                    failures += 1
                    report(error, failures: failures)
                    let refused = state.withLock { $0.connectFailed(error) }
                    for waiter in refused { waiter.resume(returning: .failure(error)) }
                    try? await Task.sleep(for: backoff.delay(afterFailures: failures, using: &generator))
                }
            }
        }
    }

    /// The first failure is news, and every sixtieth (about twice a minute) a reminder.
    private func report(_ error: PostgresError, failures: Int) {
        guard failures % 60 == 1 else { return }
        logger.warning(
            "PostgreSQL cannot be reached; trying again", metadata: ["error": "\(error)", "failures": "\(failures)"])
    }
}
