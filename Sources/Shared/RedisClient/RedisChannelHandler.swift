import NIOCore
import NIOSSL

/// Executes what ``RedisConnectionStateMachine`` decides on a channel: writes, flushes, closes, completes.
///
/// Everything here runs on the channel's event loop; nothing is locked. A command costs no future, no task and no timer
/// of its own: there is one timer per connection, for the earliest deadline.
///
/// Writes of one turn of the loop are gathered into one buffer and flushed once, after the loop has handled all that
/// was ready: one system call and mostly one packet for many commands.
final class RedisChannelHandler: ChannelInboundHandler, NIOScheduledCallbackHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias Completion = (Result<RedisReply, RedisError>) -> Void
    typealias CommandID = RedisConnectionStateMachine<Completion>.CommandID

    /// Commands above this size are handed over as they are: copying them would cost more than a further `iovec`.
    private static let gatherLimit = 16 * 1024
    /// A gathering buffer that a burst has grown beyond this is not kept.
    private static let keptCapacity = 256 * 1024

    private var machine: RedisConnectionStateMachine<Completion>
    private var parser = HiredisReplyParser()
    private var context: ChannelHandlerContext?
    private var gathered = ByteBuffer()
    private var flushIsScheduled = false
    private var timer: NIOScheduledCallback?

    /// Called once, on the event loop, when the connection ends; never again afterwards.
    var onClose: (() -> Void)?
    /// Called on the event loop with each error reply that a command gets, before the command's completion.
    var onServerError: ((RedisServerError) -> Void)?
    /// Why the connection ended, once it has.
    private(set) var closeReason: RedisError?

    init(silenceGrace: TimeAmount) {
        machine = RedisConnectionStateMachine(silenceGrace: silenceGrace)
    }

    var isOpen: Bool { machine.isOpen }

    // MARK: - Commands

    /// Queues an encoded command; it is sent at the end of this turn of the event loop.
    ///
    /// - Returns: the number by which ``cancel(_:)`` knows the command. `nil` if the connection is closed: `completion`
    ///   has then been called already.
    @discardableResult
    func write(
        _ encoded: ByteBuffer, deadline: NIODeadline, completion: @escaping Completion
    ) -> CommandID? {
        guard let id = submit(deadline: deadline, completion: completion) else { return nil }
        if encoded.readableBytes <= Self.gatherLimit {
            gathered.writeImmutableBuffer(encoded)
        } else {
            writeGathered()
            context?.write(wrapOutboundOut(encoded), promise: nil)
        }
        scheduleFlush()
        return id
    }

    /// Like the other, but lets `encode` write the command straight into the outgoing buffer.
    ///
    /// `encode` must append exactly one command and touch nothing before it.
    func write(deadline: NIODeadline, encode: (inout ByteBuffer) -> Void, completion: @escaping Completion) {
        guard submit(deadline: deadline, completion: completion) != nil else { return }
        encode(&gathered)
        scheduleFlush()
    }

    func cancel(_ id: CommandID) {
        machine.cancel(id)?(.failure(RedisError(.cancelled, mayHaveExecuted: true)))
    }

    /// Ends the connection now. What is pending fails before this returns.
    func close(reason: String) {
        close(.connectionClosed, detail: reason)
    }

    /// Ends the connection when the replies that have arrived are delivered.
    func closeSoon(reason: String) {
        context?.eventLoop.assumeIsolated().execute { self.close(reason: reason) }
    }

    private func submit(deadline: NIODeadline, completion: @escaping Completion) -> CommandID? {
        switch machine.submit(completion, deadline: deadline) {
        case .write(let id):
            return id
        case .writeAndSchedule(let id, let time):
            scheduleTimer(at: time)
            return id
        case .refuse:
            completion(.failure(.notConnected))
            return nil
        }
    }

    // MARK: - Sending

    private func scheduleFlush() {
        guard !flushIsScheduled, let context else { return }
        flushIsScheduled = true
        context.eventLoop.assumeIsolated().execute { self.flush() }
    }

    private func flush() {
        flushIsScheduled = false
        guard machine.isOpen, let context else { return }
        writeGathered()
        machine.flushed()
        context.flush()
        // Mostly all of it is sent by now; then the buffer is ours alone and is used again without an allocation.
        recycleGathered()
    }

    private func writeGathered() {
        guard gathered.readableBytes > 0 else { return }
        context?.write(wrapOutboundOut(gathered), promise: nil)
        gathered.moveReaderIndex(to: gathered.writerIndex)
    }

    private func recycleGathered() {
        if gathered.capacity > Self.keptCapacity {
            gathered = ByteBuffer()
        } else {
            gathered.clear()
        }
    }

    // MARK: - Time

    private func scheduleTimer(at time: NIODeadline) {
        guard let context else { return }
        timer?.cancel()
        // Fails only on a loop that is shut down; then the channel is closed and everything pending fails with it.
        timer = try? context.eventLoop.assumeIsolated().scheduleCallback(at: time, handler: self)
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        timer = nil
        switch machine.timerFired(now: eventLoop.now) {
        case .expire(let timedOut, let nextTimer):
            if let nextTimer { scheduleTimer(at: nextTimer) }
            fail(timedOut, .timedOut)
        case .giveUp(let timedOut, let others):
            let detail = "the server has gone silent"
            closeSocket(because: RedisError(.connectionClosed, mayHaveExecuted: true, detail: detail))
            fail(timedOut, .timedOut)
            fail(others, .connectionClosed, detail: detail)
        }
    }

    // MARK: - Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        close(.connectionClosed)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard machine.isOpen else { return }
        machine.bytesReceived()
        let bytes = unwrapInboundIn(data)
        do throws(RedisProtocolViolation) {
            try feed(bytes)
            while machine.isOpen, let reply = try parser.next() { deliver(reply) }
        } catch {
            close(.protocolViolation, detail: error.reason)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(.connectionClosed, detail: "closed by the server")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(.connectionClosed, detail: String(describing: error))
    }

    private func feed(_ bytes: ByteBuffer) throws(RedisProtocolViolation) {
        let result = bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(RedisProtocolViolation) in try parser.feed(bytes) }
        }
        try result.get()
    }

    /// Calls back only after the machine has let go of the command, so that the callee may write, cancel or close.
    private func deliver(_ reply: RedisReply) {
        switch machine.replyReceived() {
        case .complete(let completion):
            if case .error(let error) = reply {
                onServerError?(error)
                completion(.failure(RedisError(error)))
            } else {
                completion(.success(reply))
            }
        case .discard:
            break
        case .unexpected:
            close(.protocolViolation, detail: "a reply that no command asked for")
        }
    }

    // MARK: - The end

    private func close(_ code: RedisError.Code, detail: String? = nil) {
        guard machine.isOpen else { return }
        let failures = machine.close()
        closeSocket(because: RedisError(code, mayHaveExecuted: true, detail: detail))
        fail(failures, code, detail: detail)
    }

    private func fail(
        _ failures: [RedisConnectionStateMachine<Completion>.Failure], _ code: RedisError.Code, detail: String? = nil
    ) {
        for failure in failures {
            failure.context(.failure(RedisError(code, mayHaveExecuted: failure.mayHaveExecuted, detail: detail)))
        }
    }

    private func closeSocket(because reason: RedisError) {
        closeReason = reason
        timer?.cancel()
        timer = nil
        gathered = ByteBuffer()
        onClose?()
        onClose = nil
        onServerError = nil
        guard let context else { return }
        // TLS's own close waits seconds for the peer's goodbye; a silent server never says it. Closing below the TLS
        // handler ends the socket at once.
        let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self)
        (tls ?? context).close(mode: .all, promise: nil)
    }
}
