import JobQueue
import NIOCore
import NIOHTTP1

/// One sender's connection: reads requests behind NIO's HTTP parser, hands webhooks to the producer, and answers in the
/// order of the requests.
///
/// Everything happens on the connection's event loop; a webhook costs no future, no task and no timer.
final class WebhookConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Between two requests, or within a header that is not complete.
        case awaitingHead
        /// Receiving a webhook's body.
        case receiving
        /// Reading the rest of a request that is answered already.
        case discarding
        /// An answer that ends the connection is owed; whatever else arrives is thrown away.
        case ending
        /// That answer is written and our side is closed; the sender has time to read it.
        case lingering
        case closed
    }

    /// Where the loop keeps this connection.
    var position: Int?
    /// When `deadlinePassed()` is due.
    var deadline = NIODeadline.distantFuture

    let loop: ConnectionLoop
    var context: ChannelHandlerContext?
    var phase = Phase.awaitingHead
    var responses = ResponseQueue()
    var upload: Upload?
    /// Whether the request being read is the connection's last.
    var isLastRequest = false
    /// Whether bytes of an incomplete header have arrived.
    var headerStarted = false
    /// Whether the current read gave any part of a request.
    var sawPart = false
    var inputClosed = false
    var isReadHeld = false
    var isFlushPending = false
    var owesContinue = false
    /// Whether there are too many connections already.
    var isSurplus = false

    init(loop: ConnectionLoop) {
        self.loop = loop
    }

    var limits: IngressLimits { loop.shared.limits }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        deadline = loop.turn().now + limits.idleTime
        isSurplus = loop.shared.connections.enter() > limits.connections
    }

    func channelActive(context: ChannelHandlerContext) {
        if isSurplus { refuseConnection(.tooManyConnections) }
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if phase != .closed { ended() }
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        sawPart = true
        switch unwrapInboundIn(data) {
        case .head(let head): received(head)
        case .body(let bytes): received(bytes)
        case .end: receivedEnd()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        switch phase {
        case .awaitingHead:
            if !sawPart && !headerStarted && !inputClosed {
                headerStarted = true
                deadline = loop.turn().now + limits.headerTime
            }
        case .receiving:
            upload?.payload.detach(allocator: context.channel.allocator)
        case .discarding, .ending, .lingering, .closed:
            break
        }
        sawPart = false
    }

    /// Holds back reading while the sender is owed too many answers or does not take them.
    func read(context: ChannelHandlerContext) {
        if responses.count >= limits.pipelinedRequests || !context.channel.isWritable {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        resumeReading()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else { return }
        inputClosed = true
        // A request that was cut off has become an error by now, so that no header is begun; the read that found the end
        // must not look like one. Complete requests still get their answers.
        headerStarted = false
        if responses.isEmpty || phase == .lingering { close() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError {
            refuseConnection(Refusal(error))
        } else if !(error is ByteToMessageDecoderError) {
            // The socket's own error. (The decoder's says only that more arrived after a parser's error.)
            close()
        }
    }

    // MARK: Ending

    /// Closes our side and gives the sender time to read the answer: closing at once would reset the connection if it is
    /// still sending, and the reset can overtake the answer.
    func linger() {
        guard let context else { return }
        phase = .lingering
        deadline = loop.turn().now + limits.lingerTime
        isReadHeld = false
        context.flush()
        if inputClosed {
            close()
        } else {
            context.close(mode: .output, promise: nil)
            context.read()
        }
    }

    /// The loop calls this once `deadline` has passed.
    func deadlinePassed() {
        switch phase {
        case .awaitingHead:
            if headerStarted { refuseConnection(.timedOut) } else { close() }
        case .receiving:
            refuseConnection(.timedOut)
        case .discarding, .ending, .lingering, .closed:
            close()
        }
    }

    /// Ends the connection if it is idle; otherwise its last answer will.
    func drain() {
        if phase == .awaitingHead && responses.isEmpty && !headerStarted { close() }
    }

    func close() {
        context?.close(promise: nil)
    }

    private func ended() {
        guard phase != .closed else { return }
        phase = .closed
        if let upload { loop.shared.budget.giveBack(upload.received) }
        upload = nil
        loop.shared.connections.leave()
        loop.remove(self)
    }
}

extension Refusal {
    /// What the HTTP parser's error means to the sender.
    fileprivate init(_ error: HTTPParserError) {
        switch error {
        case .headerOverflow: self = .headersTooLarge
        case .invalidEOFState: self = .incomplete
        case .invalidVersion: self = .malformed("only HTTP/1.0 and HTTP/1.1 are spoken here")
        case _: self = .malformed("this is not a well-formed HTTP request")
        }
    }
}
