import CLibPQ
import Glibc

/// One `PGconn` and the waiting for it: opening, sending, deadlines, cancelling.
///
/// Not `Sendable`: only the connection's actor touches it, on that actor's own queue, and no call of libpq ever blocks
/// longer than the limits say, because every wait goes through `wait(for:limits:)`. Statements are in the extensions.
final class PostgresLink {
    // Owned from PQconnectStartParams to PQfinish in deinit, and never handed out of this target.
    let handle: OpaquePointer
    let wakeUp: WakeUp
    let configuration: PostgresConfiguration
    /// What ends the present operation early.
    var limits = OperationLimits.none
    /// False once the state of the session is not known for sure; it is then only good for being closed.
    private(set) var isUsable = true
    /// Names of the statements that this session has prepared.
    var prepared: [StatementKey: String] = [:]
    /// The first error since BEGIN.
    var transactionFailure: PostgresError?
    /// Whether what is sent now takes effect only with a later COMMIT.
    var isInsideTransaction = false
    /// A prepared statement no longer fitted the schema; preparing it again and running the work again helps.
    var metStaleStatement = false

    /// How long a server may take to confirm that it gave up a statement before the connection is dropped.
    private static let cancelPatience = Duration.seconds(2)

    /// Opens a connection within the configuration's time.
    init(_ configuration: PostgresConfiguration, wakeUp: WakeUp, limits: OperationLimits) throws(PostgresError) {
        let parameters = configuration.connectionParameters
        let keywords = CStringList(parameters.map(\.keyword))
        let values = CStringList(parameters.map(\.value))
        guard let handle = PQconnectStartParams(keywords.pointer, values.pointer, 0) else {
            throw .cannotConnect("out of memory")
        }
        self.handle = handle
        self.wakeUp = wakeUp
        self.configuration = configuration
        // By default libpq prints notices to stderr, and they may quote values.
        _ = PQsetNoticeProcessor(handle, { _, _ in }, nil)
        try finishOpening(limits.tightened(to: configuration.openingLimit, from: .now))
        _ = PQsetnonblocking(handle, 1)
    }

    deinit {
        PQfinish(handle)
    }

    enum TransactionState {
        case none
        case open
        case failed
        case unknown
    }

    var transactionState: TransactionState {
        switch PQtransactionStatus(handle) {
        case PQTRANS_IDLE: .none
        case PQTRANS_INTRANS: .open
        case PQTRANS_INERROR: .failed
        default: .unknown
        }
    }

    func discard() {
        isUsable = false
    }

    /// Notices, without waiting, that the server closed the connection while nobody was reading from it.
    func checkStillOpen() throws(PostgresError) {
        guard isUsable else { throw .connectionClosed() }
        // A farewell message and the end of the stream come as two reads; more than a few would be notices.
        for _ in 0..<8 {
            var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 0) > 0 else { break }
            if PQconsumeInput(handle) == 0 { break }
        }
        guard PQstatus(handle) == CONNECTION_OK else {
            isUsable = false
            throw .connectionLost(failureMessage)
        }
    }

    /// The next result of the command under way, nil at its end.
    ///
    /// At a limit the server is asked to cancel, and its answer is awaited a little so that its locks are known to be
    /// gone. The connection is not used again afterwards, since the request could still hit a later statement.
    func nextResult(_ limits: OperationLimits) throws(PostgresError) -> ResultHandle? {
        var limits = limits
        var violation: PostgresError?
        while true {
            let unsent = PQflush(handle) == 1
            if PQisBusy(handle) == 0 || PQstatus(handle) != CONNECTION_OK {
                return PQgetResult(handle).map { ResultHandle(owning: $0) }
            }
            let events = Int16(POLLIN) | (unsent ? Int16(POLLOUT) : 0)
            if let reached = wait(for: events, limits: limits) {
                isUsable = false
                if let violation { throw violation }
                violation = reached
                requestCancel()
                limits = OperationLimits.none.tightened(to: Self.cancelPatience, from: .now)
            } else if PQconsumeInput(handle) == 0 {
                // Whatever the server said last is still in libpq's buffer; otherwise this answers libpq's own words.
                return PQgetResult(handle).map { ResultHandle(owning: $0) }
            }
        }
    }

    var failureMessage: String {
        let message = PQerrorMessage(handle).map { firstLine(of: String(cString: $0)) } ?? ""
        return message.isEmpty ? "no reason given" : configuration.redacted(message)
    }

    private func finishOpening(_ limits: OperationLimits) throws(PostgresError) {
        var polling = PGRES_POLLING_WRITING
        guard PQstatus(handle) != CONNECTION_BAD else { throw .cannotConnect(failureMessage) }
        while polling != PGRES_POLLING_OK {
            guard polling != PGRES_POLLING_FAILED else { throw .cannotConnect(failureMessage) }
            if let violation = wait(
                for: Int16(polling == PGRES_POLLING_READING ? POLLIN : POLLOUT), limits: limits)
            {
                if violation.kind == .cancelled { throw violation }
                throw .cannotConnect("no answer within \(configuration.openingLimit)")
            }
            polling = PQconnectPoll(handle)
        }
    }

    /// Waits until the socket is ready; answers the reason if a limit is reached first.
    func wait(for events: Int16, limits: OperationLimits) -> PostgresError? {
        while true {
            let now = ContinuousClock.now
            if let violation = limits.violation(at: now) { return violation }
            var milliseconds: Int32 = -1
            if let deadline = limits.deadline {
                milliseconds = Int32(clamping: (deadline - now).milliseconds + 1)
            }
            var descriptors = [
                pollfd(fd: PQsocket(handle), events: events, revents: 0),
                pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            // Without a socket there is nothing to wait for: libpq's next call tells why.
            guard descriptors[0].fd >= 0 else { return nil }
            guard poll(&descriptors, 2, milliseconds) > 0 else { continue }
            if descriptors[1].revents != 0 { wakeUp.clear() }
            if descriptors[0].revents != 0 { return nil }
        }
    }

    /// Asks the server, over a connection of its own and from another thread, to give up the running statement.
    private func requestCancel() {
        guard let pointer = PQgetCancel(handle) else { return }
        CancelRequest(owning: pointer).send()
    }
}
