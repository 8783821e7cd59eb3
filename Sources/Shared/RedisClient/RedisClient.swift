public import Logging
public import NIOCore
public import ServiceLifecycle
import Synchronization

/// One pipelined connection that is kept open: it is replaced when it breaks or goes silent, with backoff and jitter.
///
/// While there is none, commands fail at once with `notConnected`. Nothing is sent twice by the client itself: after a
/// lost connection only the caller knows what may be repeated (``RedisError/mayHaveExecuted``).
///
/// Not for blocking commands: they would hold up all others. Use a ``RedisConnection``.
public final class RedisClient: RedisCommandSender, Service {
    public let eventLoop: any EventLoop
    private let configuration: RedisConfiguration
    private let connector: RedisConnector
    private let logger: Logger
    private let current: NIOLoopBoundBox<RedisChannelHandler?>
    private let connected = Atomic<Bool>(false)
    private let isRunning = Atomic<Bool>(false)

    /// - Parameter eventLoop: where the connection lives and where ``write(_:deadline:completion:)`` is called. It must
    ///   outlive the client.
    public init(configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        connector = RedisConnector(configuration)
        current = .makeEmptyBox(eventLoop: eventLoop)
    }

    public var commandTimeout: TimeAmount { configuration.commandTimeout }

    /// Whether a command sent now would be written. From any thread.
    public var isConnected: Bool { connected.load(ordering: .relaxed) }

    // MARK: - Commands

    /// Sends a command and waits for its reply; `nil` stands for the configuration's `commandTimeout`.
    public func send(
        _ command: RedisCommand, timeout: TimeAmount? = nil
    ) async throws(RedisError) -> RedisReply {
        let current = current
        return try await command.reply(deadline: .now() + (timeout ?? commandTimeout), on: eventLoop) {
            current.value
        }
    }

    /// The hot path: queues one encoded command. It costs no future, no task and no timer of its own, and all writes of
    /// one turn of the event loop leave in one flush.
    ///
    /// On ``eventLoop`` only. `completion` is called exactly once, on the event loop: before this returns when there is
    /// no connection, else with the reply, at the deadline, or when the connection ends. An error reply is a failure.
    public func write(
        _ encoded: ByteBuffer, deadline: NIODeadline,
        completion: @escaping (Result<RedisReply, RedisError>) -> Void
    ) {
        guard let handler = current.value else { return completion(.failure(.notConnected)) }
        handler.write(encoded, deadline: deadline, completion: completion)
    }

    /// Like ``write(_:deadline:completion:)``, but `encode` writes the command straight into the outgoing buffer, which
    /// saves a buffer and a copy of the whole command.
    ///
    /// `encode` must append exactly one command (``NIOCore/ByteBuffer/writeRESPArrayHeader(count:)`` and its kin) and
    /// leave what is in the buffer alone. It is not called when there is no connection.
    public func write(
        deadline: NIODeadline, encode: (inout ByteBuffer) -> Void,
        completion: @escaping (Result<RedisReply, RedisError>) -> Void
    ) {
        guard let handler = current.value else { return completion(.failure(.notConnected)) }
        handler.write(deadline: deadline, encode: encode, completion: completion)
    }

    // MARK: - Keeping connected

    /// Connects and reconnects until the task is cancelled or a graceful shutdown begins, then closes the connection.
    /// Once per client.
    public func run() async throws {
        let wasRunning = isRunning.exchange(true, ordering: .relaxed)
        precondition(!wasRunning, "RedisClient.run() is called once")
        await cancelWhenGracefulShutdown { await self.keepConnected() }
    }

    private func keepConnected() async {
        var backoff = ReconnectBackoff()
        var random = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            var problem: RedisError?
            do throws(RedisError) {
                let connection = try await connector.connect(on: eventLoop, logger: logger)
                let start = NIODeadline.now()
                problem = await use(connection)
                backoff.connectionEnded(after: .now() - start)
            } catch {
                problem = error
            }
            guard !Task.isCancelled else { break }
            let delay = backoff.next(using: &random)
            log(problem, failures: backoff.failures, delay: delay)
            // Cancellation ends the sleep early, and the loop with it.
            try? await Task.sleep(for: .nanoseconds(delay.nanoseconds))
        }
    }

    /// Makes the connection the current one until it ends or the task is cancelled.
    ///
    /// - Returns: why it ended.
    private func use(_ connection: RedisConnection) async -> RedisError? {
        let ended = eventLoop.makePromise(of: RedisError?.self)
        connection.withHandler { handler in
            // It may have ended between the handshake and now.
            guard handler.isOpen else { return ended.succeed(handler.closeReason) }
            let keepAlive = self.keepAlive()
            handler.onClose = { [weak handler] in
                keepAlive.cancel()
                self.connected.store(false, ordering: .relaxed)
                self.current.value = nil
                ended.succeed(handler?.closeReason)
            }
            let start = NIODeadline.now()
            handler.onServerError = { [weak handler, grace = self.configuration.readOnlyGrace] error in
                guard error.kind == .readOnly, NIODeadline.now() - start >= grace else { return }
                handler?.closeSoon(reason: "the server is a replica now")
            }
            self.current.value = handler
            self.connected.store(true, ordering: .relaxed)
            self.logger.info("Connected to Redis", metadata: ["redis.server": "\(self.configuration)"])
        }
        return await withTaskCancellationHandler {
            // The promise is never failed.
            try? await ended.futureResult.get()
        } onCancel: {
            connection.closeNow(reason: "the client is shutting down")
        }
    }

    /// Pings over the current connection now and then. Nobody waits for the answer: its absence is what the handler
    /// acts upon.
    private func keepAlive() -> RepeatedTask {
        let ping = RedisCommand("PING").encoded
        let interval = configuration.keepAliveInterval
        return eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            self.current.value?.write(ping, deadline: .now() + self.commandTimeout) { _ in }
        }
    }

    /// The first failure and then ever fewer (the 2nd, 4th, 8th, …) are warnings: an outage of hours must be visible
    /// without filling the log.
    private func log(_ problem: RedisError?, failures: Int, delay: TimeAmount) {
        let isNoteworthy = failures & (failures - 1) == 0
        logger.log(
            level: isNoteworthy ? .warning : .debug, "No connection to Redis, will retry",
            metadata: [
                "redis.server": "\(configuration)",
                "error": "\(problem?.description ?? "closed")",
                "redis.failures": "\(failures)",
                "redis.retry_in_ms": "\(delay.nanoseconds / 1_000_000)",
            ])
    }
}
