import NIOCore

/// What is said first on a new connection, in RESP2: `AUTH`, `SELECT`, and a name or a `PING`. Never `HELLO 3`, which
/// hiredis' reader cannot follow.
///
/// All of it is sent at once. The last command is there for its answer: it shows that the server speaks, and a missing
/// password, even if nothing else had to be said.
struct RedisHandshake {
    private struct Step {
        let command: RedisCommand
        /// Whether an error reply means that this connection is of no use.
        let isRequired: Bool
    }

    private let steps: [Step]

    init(_ configuration: RedisConfiguration) {
        var steps: [Step] = []
        if let password = configuration.password {
            let credentials = [configuration.username, password].compactMap { $0 }.map { RedisArgument.text($0) }
            steps.append(Step(command: RedisCommand("AUTH", arguments: credentials), isRequired: true))
        }
        if configuration.database != 0 {
            steps.append(Step(command: RedisCommand("SELECT", .integer(configuration.database)), isRequired: true))
        }
        if let name = configuration.clientName, !name.isEmpty {
            steps.append(Step(command: RedisCommand("CLIENT", "SETNAME", .text(name)), isRequired: false))
        } else {
            steps.append(Step(command: RedisCommand("PING"), isRequired: false))
        }
        self.steps = steps
    }

    var commands: [RedisCommand] { steps.map(\.command) }

    /// Judges the answers, in the order of ``commands``.
    ///
    /// - Returns: why the connection cannot be used, or `nil`. A name that access rules forbid, or a server that is still
    ///   loading, does not matter: commands will get their own errors.
    func failure(_ answers: [Result<RedisReply, RedisError>]) -> RedisError? {
        for (step, answer) in zip(steps, answers) {
            guard case .failure(let error) = answer else { continue }
            switch error.code {
            case .server(let serverError):
                guard step.isRequired || serverError.kind == .noAuth else { continue }
                // Nothing that the caller meant to do was even sent.
                return RedisError(.server(serverError), mayHaveExecuted: false)
            case .timedOut:
                return RedisError(.connectFailed, mayHaveExecuted: false, detail: "no answer in time")
            case .notConnected, .connectFailed, .connectionClosed, .protocolViolation, .cancelled:
                return RedisError(.connectFailed, mayHaveExecuted: false, detail: error.detail ?? error.description)
            }
        }
        return nil
    }
}
