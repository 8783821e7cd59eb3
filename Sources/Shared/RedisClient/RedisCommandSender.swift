public import NIOCore

/// What takes commands one by one: the reconnecting ``RedisClient`` and the single ``RedisConnection``.
public protocol RedisCommandSender: Sendable {
    /// Sends a command and waits for its reply.
    ///
    /// - Parameter timeout: `nil` for the configuration's `commandTimeout`. A blocking command needs one that is longer
    ///   than its own.
    /// - Throws: ``RedisError``; an error reply of Redis is thrown as `server`. Cancelling the task gives up the reply,
    ///   not the command: it may still be executed, and the connection and its other commands go on undisturbed.
    func send(_ command: RedisCommand, timeout: TimeAmount?) async throws(RedisError) -> RedisReply

    /// For commands that are sent without a timeout of their own.
    var commandTimeout: TimeAmount { get }
}

extension RedisCommandSender {
    public func send(_ command: RedisCommand) async throws(RedisError) -> RedisReply {
        try await send(command, timeout: nil)
    }

    /// Runs a script by its SHA-1, or by its source where the server does not know it (first use, restart, failover,
    /// `SCRIPT FLUSH`). The timeout covers both attempts.
    public func run(
        _ script: RedisScript, keys: [String], arguments: [RedisArgument], timeout: TimeAmount? = nil
    ) async throws(RedisError) -> RedisReply {
        let deadline = NIODeadline.now() + (timeout ?? commandTimeout)
        do {
            return try await send(script.evalSHA(keys: keys, arguments: arguments), timeout: deadline - .now())
        } catch  where error.serverErrorKind == .noScript && !error.mayHaveExecuted {
            return try await send(script.eval(keys: keys, arguments: arguments), timeout: deadline - .now())
        }
    }
}
