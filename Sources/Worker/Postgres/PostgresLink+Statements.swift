import CLibPQ

/// Statements and transactions, synchronously, on the connection's own queue.
extension PostgresLink {
    private static let preparedLimit = 512
    private static let rollbackPatience = Duration.seconds(5)

    /// Runs a statement with binary parameters and results, preparing it first if this session has not yet.
    func execute(
        _ statement: PostgresStatement, _ parameters: PostgresParameters
    ) throws(PostgresError) -> PostgresRows {
        if let problem = parameters.problem { throw problem }
        do throws(PostgresError) {
            return try executeOnce(statement, parameters)
        } catch {
            // Inside of a transaction the server refuses all that follows, so the whole transaction is run again there.
            guard metStaleStatement, isUsable, transactionState == .none else { throw error }
            try forgetStatements()
            return try executeOnce(statement, parameters)
        }
    }

    /// Runs any number of statements as one simple query, in text, without parameters; outside of an explicit
    /// transaction the server runs them as one. Answers the last command's tag.
    @discardableResult
    func run(script: String, limits: OperationLimits? = nil) throws(PostgresError) -> String {
        guard !script.utf8.contains(0) else { throw .usage("the SQL text holds a NUL character") }
        let limits = try begin(limits)
        let sent = PQsendQuery(handle, script)
        return try finish(sent: sent, limits).commandTag
    }

    func forgetStatements() throws(PostgresError) {
        prepared.removeAll()
        metStaleStatement = false
        try run(script: "DEALLOCATE ALL")
    }

    func transaction<Value>(
        _ options: PostgresTransactionOptions, _ body: (PostgresSession) throws -> Value
    ) throws -> Value {
        let value: Value
        do {
            value = try body(PostgresSession(link: self))
        } catch {
            rollBack()
            throw error
        }
        switch transactionState {
        case .open:
            try commit()
            return value
        case .failed:
            let failure = transactionFailure ?? .transactionAborted()
            rollBack()
            throw failure
        case .none:
            throw PostgresError.usage("the body ended its transaction by itself; part of its work may be committed")
        case .unknown:
            discard()
            throw transactionFailure ?? .connectionClosed()
        }
    }

    func beginTransaction(_ options: PostgresTransactionOptions) throws(PostgresError) {
        transactionFailure = nil
        metStaleStatement = false
        isInsideTransaction = true
        try run(script: options.beginCommand)
    }

    /// From here on neither a cancelled task nor the caller's deadline interrupts: half a COMMIT helps nobody.
    private func commit() throws(PostgresError) {
        if let violation = limits.violation(at: .now) {
            rollBack()
            throw violation
        }
        // A server that is known to be gone before COMMIT was sent cannot have committed.
        try checkStillOpen()
        let patience = OperationLimits.none.tightened(to: configuration.statementLimit, from: .now)
        do throws(PostgresError) {
            let tag = try run(script: "COMMIT", limits: patience)
            guard tag == "COMMIT" else { throw transactionFailure ?? .transactionAborted() }
        } catch {
            // An ERROR is an answer, and says no. FATAL, silence and a cut connection say nothing.
            throw isUsable || error.isServersAnswer ? error : .commitOutcomeUnknown(error.description)
        }
    }

    private func rollBack() {
        guard isUsable else { return }
        switch transactionState {
        case .none: return
        case .unknown: discard()
        case .open, .failed:
            let failure = transactionFailure
            do {
                try run(
                    script: "ROLLBACK", limits: OperationLimits.none.tightened(to: Self.rollbackPatience, from: .now))
            } catch {
                // The caller learns what made the rollback necessary; closing the session rolls back too.
                discard()
            }
            transactionFailure = failure
            if transactionState != .none { discard() }
        }
    }

    private func executeOnce(
        _ statement: PostgresStatement, _ parameters: PostgresParameters
    ) throws(PostgresError) -> PostgresRows {
        let limits = try begin(nil)
        guard parameters.count <= 65535 else { throw .usage("a statement takes at most 65535 parameters") }
        let name = try prepare(statement, parameters.types, limits)
        let sent = parameters.withWireForm { values, lengths, formats in
            PQsendQueryPrepared(handle, name, Int32(parameters.count), values, lengths, formats, 1)
        }
        return try finish(sent: sent, limits).rows()
    }

    private func prepare(
        _ statement: PostgresStatement, _ types: [UInt32], _ limits: OperationLimits
    ) throws(PostgresError) -> String {
        let key = statement.key.combined(with: types)
        if let name = prepared[key] { return name }
        guard !statement.sql.utf8.contains(0) else { throw .usage("the SQL text holds a NUL character") }
        // A program whose SQL texts never repeat must not fill the server's memory.
        if prepared.count >= Self.preparedLimit { try forgetStatements() }
        let name = key.name
        let sent = PQsendPrepare(handle, name, statement.sql, Int32(types.count), types)
        _ = try finish(sent: sent, limits)
        prepared[key] = name
        return name
    }

    /// The limits of the statement that is about to be sent, unless it must not be.
    private func begin(_ limits: OperationLimits?) throws(PostgresError) -> OperationLimits {
        let now = ContinuousClock.now
        let limits = limits ?? self.limits.tightened(to: configuration.statementLimit, from: now)
        if let violation = limits.violation(at: now) { throw violation }
        guard isUsable else { throw .connectionClosed() }
        return limits
    }

    /// Awaits all results of a command; the last one, or the first error.
    private func finish(sent: Int32, _ limits: OperationLimits) throws(PostgresError) -> ResultHandle {
        guard sent == 1 else {
            let lost = PQstatus(handle) != CONNECTION_OK
            if lost { discard() }
            throw remember(lost ? .connectionLost(failureMessage) : .usage("libpq refuses: \(failureMessage)"))
        }
        var last: ResultHandle?
        var failure: PostgresError?
        do throws(PostgresError) {
            while let result = try nextResult(limits) {
                switch result.status {
                case .rows, .done:
                    last = consume result
                case .failed:
                    let error = errorOf(result)
                    if failure == nil { failure = error }
                case .copy:
                    // Nobody here feeds or drains a COPY; the session cannot leave it in order.
                    discard()
                    throw .usage("COPY to or from the client is not supported")
                }
            }
        } catch {
            throw remember(error)
        }
        if PQstatus(handle) != CONNECTION_OK {
            discard()
            failure = failure ?? .connectionLost(failureMessage)
        }
        if let failure { throw remember(failure) }
        guard let last else { throw remember(.usage("the command answered nothing")) }
        return last
    }

    private func errorOf(_ result: borrowing ResultHandle) -> PostgresError {
        guard let report = result.report else {
            discard()
            return .connectionLost(configuration.redacted(result.message))
        }
        if report.endsSession { discard() }
        if report.isStaleStatement { metStaleStatement = true }
        let error = PostgresError(report)
        if error.sqlState == "57014", let violation = limits.violation(at: .now) { return violation }
        return error
    }

    private func remember(_ error: PostgresError) -> PostgresError {
        if transactionFailure == nil { transactionFailure = error }
        // Without a transaction a statement may have taken effect although its answer was lost.
        return isUsable || isInsideTransaction ? error : error.with(mayHaveCommitted: true)
    }
}
