public import NIOCore

/// One connection, for commands that need one to themselves: blocking ones, above all.
///
/// It is not replaced when it ends. Commands are pipelined: several may be under way, and a blocking one holds up those
/// behind it.
public final class RedisConnection: RedisCommandSender {
    public let commandTimeout: TimeAmount
    private let channel: any Channel
    private let handler: NIOLoopBound<RedisChannelHandler>

    /// On the channel's event loop only.
    init(channel: any Channel, handler: RedisChannelHandler, commandTimeout: TimeAmount) {
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        self.commandTimeout = commandTimeout
    }

    public var eventLoop: any EventLoop { channel.eventLoop }

    public var isOpen: Bool { channel.isActive }

    /// Succeeds when the connection has ended, for whatever reason.
    public var closed: EventLoopFuture<Void> { channel.closeFuture }

    /// Sends a command and waits for its reply; `nil` stands for the configuration's `commandTimeout`.
    ///
    /// A blocking command needs a timeout that is longer than its own. When one passes and the server stays silent for
    /// the configuration's `silenceGrace` longer, the connection is closed.
    public func send(
        _ command: RedisCommand, timeout: TimeAmount? = nil
    ) async throws(RedisError) -> RedisReply {
        let handler = handler
        return try await command.reply(deadline: .now() + (timeout ?? commandTimeout), on: eventLoop) {
            handler.value
        }
    }

    /// Ends the connection at once: what is pending fails with `connectionClosed`, and the server sees the end of the
    /// stream, so that a command it is blocking on will not be served any more. Harmless when closed already.
    ///
    /// What the server has served just before may be lost with the connection; `mayHaveExecuted` says so.
    public func close() async {
        closeNow(reason: "closed by this side")
        // The future of a channel's closing never fails.
        try? await channel.closeFuture.get()
    }

    /// As `close`, without waiting for the end: for callers that are in the middle of something else.
    public func abandon() {
        closeNow(reason: "closed by this side")
    }

    func closeNow(reason: String) {
        let handler = handler
        eventLoop.execute { handler.value.close(reason: reason) }
    }

    /// Sends the commands at once and waits for all outcomes, in order.
    func answers(to commands: [RedisCommand], deadline: NIODeadline) async -> [Result<RedisReply, RedisError>] {
        let handler = handler
        return await withCheckedContinuation { continuation in
            eventLoop.execute {
                if let reason = handler.value.closeReason {
                    return continuation.resume(returning: commands.map { _ in .failure(reason) })
                }
                // Replies and failures come in the order of the commands: the last one completes the list.
                let answers = AnswerList(expected: commands.count)
                for command in commands {
                    handler.value.write(command.encoded, deadline: deadline) { answer in
                        if let all = answers.append(answer) { continuation.resume(returning: all) }
                    }
                }
            }
        }
    }

    /// Runs `body` with the handler on the event loop.
    func withHandler(_ body: @escaping @Sendable (RedisChannelHandler) -> Void) {
        let handler = handler
        eventLoop.execute { body(handler.value) }
    }
}

/// Gathers a known number of answers; used on one event loop.
private final class AnswerList {
    private let expected: Int
    private var answers: [Result<RedisReply, RedisError>] = []

    init(expected: Int) {
        self.expected = expected
    }

    /// All answers, with the last of them.
    func append(_ answer: Result<RedisReply, RedisError>) -> [Result<RedisReply, RedisError>]? {
        answers.append(answer)
        return answers.count == expected ? answers : nil
    }
}
