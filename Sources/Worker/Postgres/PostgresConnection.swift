/// One connection to PostgreSQL, an actor on a dispatch queue of its own: libpq's waiting happens there and nowhere else.
///
/// Closures run one after another. The pool is made of these; one may also be used by itself, for example to listen or
/// to migrate. The last reference closes it.
public actor PostgresConnection: PostgresDatabase {
    private nonisolated let executor: SerialQueueExecutor
    private nonisolated let wakeUp: WakeUp
    private let configuration: PostgresConfiguration
    private var link: PostgresLink?

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Opens a connection; cancelling the task ends the attempt.
    public static func connect(_ configuration: PostgresConfiguration) async throws(PostgresError) -> PostgresConnection
    {
        let connection = try PostgresConnection(configuration)
        let cancellation = CancellationFlag()
        let opened = await withTaskCancellationHandler {
            await connection.open(OperationLimits(deadline: nil, cancellation: cancellation))
        } onCancel: {
            cancellation.raise()
            connection.wakeUp.signal()
        }
        try opened.get()
        return connection
    }

    private init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        executor = SerialQueueExecutor(label: "postgres.connection")
        wakeUp = try WakeUp()
        self.configuration = configuration
    }

    isolated deinit {
        link = nil
    }

    /// Closes the connection; what is called afterwards throws `connection`.
    public func close() {
        link = nil
    }

    public nonisolated func withTransaction<Value: Sendable>(
        options: PostgresTransactionOptions, _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        let deadline = options.timeout.map { ContinuousClock.now.advanced(by: $0) }
        return try await attempt(.transaction(options), deadline: deadline, body).value()
    }

    public nonisolated func withConnection<Value: Sendable>(
        timeout: Duration?, _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        let deadline = timeout.map { ContinuousClock.now.advanced(by: $0) }
        return try await attempt(.statements, deadline: deadline, body).value()
    }

    /// Waits on the connection's own thread for what comes on the channels that it listens on (`LISTEN` with ``withConnection(_:)``).
    ///
    /// Meant for a connection that does nothing else. Cancelling the task ends the wait.
    /// - Returns: nothing if the time passes without a notification.
    public nonisolated func notifications(within timeout: Duration) async throws(PostgresError)
        -> [PostgresNotification]
    {
        let cancellation = CancellationFlag()
        let limits = OperationLimits(
            deadline: ContinuousClock.now.advanced(by: timeout), cancellation: cancellation)
        let arrived = await withTaskCancellationHandler {
            await awaitNotifications(limits)
        } onCancel: {
            cancellation.raise()
            wakeUp.signal()
        }
        return try arrived.get()
    }

    enum Frame: Sendable {
        case transaction(PostgresTransactionOptions)
        case statements
    }

    struct Attempt<Value: Sendable>: Sendable {
        enum Ending: Sendable {
            case returned(Value)
            case threw(any Error)
            /// The connection turned out to be dead before the body was run: another one may be tried.
            case neverBegan(PostgresError)
        }

        let ending: Ending
        let isUsable: Bool

        func value() throws -> Value {
            switch ending {
            case .returned(let value): return value
            case .threw(let error): throw error
            case .neverBegan(let error): throw error
            }
        }
    }

    /// Runs a body once and tells whether the connection may be used again.
    nonisolated func attempt<Value: Sendable>(
        _ frame: Frame, deadline: ContinuousClock.Instant?,
        _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async -> Attempt<Value> {
        let cancellation = CancellationFlag()
        return await withTaskCancellationHandler {
            await perform(frame, OperationLimits(deadline: deadline, cancellation: cancellation), body)
        } onCancel: {
            cancellation.raise()
            wakeUp.signal()
        }
    }

    private func open(_ limits: OperationLimits) -> Result<Void, PostgresError> {
        do throws(PostgresError) {
            link = try PostgresLink(configuration, wakeUp: wakeUp, limits: limits)
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    private func awaitNotifications(_ limits: OperationLimits) -> Result<[PostgresNotification], PostgresError> {
        guard let link else { return .failure(.connectionClosed()) }
        do throws(PostgresError) {
            return .success(try link.notifications(limits))
        } catch {
            return .failure(error)
        }
    }

    private func perform<Value: Sendable>(
        _ frame: Frame, _ limits: OperationLimits, _ body: @Sendable (PostgresSession) throws -> Value
    ) -> Attempt<Value> {
        guard let link else { return Attempt(ending: .neverBegan(.connectionClosed()), isUsable: false) }
        link.limits = limits
        link.isInsideTransaction = false
        defer { link.limits = .none }
        var ending = run(frame, on: link, body)
        if case .transaction = frame, case .threw = ending, link.metStaleStatement, link.isUsable,
            link.transactionState == .none
        {
            do throws(PostgresError) {
                try link.forgetStatements()
                ending = run(frame, on: link, body)
            } catch {
                ending = .threw(error)
            }
        }
        // A body that left a transaction open, or a state that nobody knows: never to be handed to the next caller.
        if link.transactionState != .none { link.discard() }
        // A session that takes no writes stays with a demoted primary, or with a default that was set back long ago. A
        // new one finds what serves now.
        if case .threw(let error) = ending, (error as? PostgresError)?.kind == .readOnly { link.discard() }
        return Attempt(ending: ending, isUsable: link.isUsable)
    }

    private func run<Value: Sendable>(
        _ frame: Frame, on link: PostgresLink, _ body: @Sendable (PostgresSession) throws -> Value
    ) -> Attempt<Value>.Ending {
        do throws(PostgresError) {
            try link.checkStillOpen()
            if case .transaction(let options) = frame { try link.beginTransaction(options) }
        } catch {
            return error.kind == .connection ? .neverBegan(error) : .threw(error)
        }
        do {
            switch frame {
            case .transaction(let options): return .returned(try link.transaction(options, body))
            case .statements: return .returned(try body(PostgresSession(link: link)))
            }
        } catch {
            return .threw(error)
        }
    }
}
