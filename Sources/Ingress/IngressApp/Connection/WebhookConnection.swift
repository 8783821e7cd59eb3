import JobQueue
import NIOCore
import NIOHTTP1
import OperationsKit
import RedisClient
import WebhookSignature

/// One sender's connection: reads requests behind NIO's HTTP parser, hands webhooks to the producer, and answers in the
/// order of the requests.
///
/// Everything happens on the connection's event loop; a webhook costs no future, no task and no timer.
final class WebhookConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
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
    private(set) var deadline = NIODeadline.distantFuture

    private let loop: ConnectionLoop
    private var context: ChannelHandlerContext?
    private var phase = Phase.awaitingHead
    private var responses = ResponseQueue()
    private var upload: Upload?
    /// Whether the request being read is the connection's last.
    private var isLastRequest = false
    /// Whether bytes of an incomplete header have arrived.
    private var headerStarted = false
    /// Whether the current read gave any part of a request.
    private var sawPart = false
    private var inputClosed = false
    private var isReadHeld = false
    private var isFlushPending = false
    private var owesContinue = false
    /// Whether there are too many connections already.
    private var isSurplus = false

    init(loop: ConnectionLoop) {
        self.loop = loop
    }

    private var limits: IngressLimits { loop.shared.limits }

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

    // MARK: Requests

    private func received(_ head: HTTPRequestHead) {
        guard phase == .awaitingHead else { return }
        headerStarted = false
        let fields = HeaderFields(head.headers)
        let now = loop.turn().now
        // After a request for another protocol the parser reads no further one.
        isLastRequest = !head.isKeepAlive || fields.wantsUpgrade || head.method == .CONNECT
        let persistence: Persistence =
            isLastRequest ? .close : (head.version.minor == 0 ? .keepAliveAnnounced : .keepAlive)
        let ticket = responses.open(
            ResponseQueue.Entry(received: now, persistence: persistence, isHead: head.method == .HEAD))
        deadline = now + limits.bodyTime
        switch loop.shared.router.route(head, fields) {
        case .receive(let webhook):
            phase = .receiving
            upload = Upload(
                head: webhook, ticket: ticket, contentLength: fields.isChunked ? nil : fields.contentLength ?? 0,
                signature: loop.shared.verifier.begin(), payload: loop.producer.makePayload())
            if webhook.expectsContinue && head.version.minor > 0 {
                owesContinue = true
                sendContinue()
            }
        case .answer(let answer):
            let remaining = fields.isChunked ? Int.max : fields.contentLength ?? 0
            decide(ticket, answer, remaining: remaining, bodyMayCome: fields.expectation == .none)
        }
    }

    private func received(_ bytes: ByteBuffer) {
        guard phase == .receiving, let received = upload?.received else { return }
        let count = bytes.readableBytes
        if received + count > limits.bodyBytes {
            refuseUpload(.bodyTooLarge(limit: limits.bodyBytes))
        } else if !loop.shared.budget.take(count) {
            refuseUpload(.tooManyBytes)
        } else {
            // In place, through the optional: a copy of the upload would make its buffer shared, and then copied.
            upload?.received = received + count
            bytes.withUnsafeReadableBytes { upload?.signature.update($0) }
            upload?.payload.append(bytes, allocator: context?.channel.allocator ?? ByteBufferAllocator())
        }
    }

    private func receivedEnd() {
        switch phase {
        case .receiving:
            guard var upload else { return }
            self.upload = nil
            endRequest()
            responses.update(upload.ticket) { $0.heldBytes = upload.received }
            switch upload.signature.finish(upload.head.signature) {
            case .valid(let index):
                loop.shared.metrics.countSignature(secretIndex: index)
                let turn = loop.turn()
                let element = WebhookElement(
                    id: loop.nextIdentifier(), receivedAt: turn.milliseconds, trace: upload.head.trace,
                    signature: upload.head.signatureText)
                loop.producer.push(
                    element, payload: &upload.payload, now: turn.now, observer: self, ticket: upload.ticket)
            case .rejected:
                decided(upload.ticket, .refusal(.badSignature))
            }
        case .discarding:
            endRequest()
            if responses.isEmpty {
                deadline = loop.turn().now + limits.idleTime
                if loop.isDraining || inputClosed { close() }
            }
        case .awaitingHead, .ending, .lingering, .closed:
            break
        }
    }

    /// The request has been read to its end.
    private func endRequest() {
        owesContinue = false
        phase = isLastRequest ? .ending : .awaitingHead
        deadline = .distantFuture
    }

    private func refuseUpload(_ refusal: Refusal) {
        guard let upload else { return }
        self.upload = nil
        loop.shared.budget.giveBack(upload.received)
        let bodyMayCome = !owesContinue
        owesContinue = false
        decide(upload.ticket, .refusal(refusal), remaining: upload.remaining, bodyMayCome: bodyMayCome)
    }

    /// Answers a request whose body is not wanted. A short one is read and thrown away; a longer one, or one that the
    /// sender holds back until it is asked for, ends the connection, and so does a malformed request.
    private func decide(_ ticket: Int, _ answer: Answer, remaining: Int, bodyMayCome: Bool) {
        let isShort = remaining == 0 || (bodyMayCome && remaining <= limits.discardedBytes)
        if isShort && !answer.endsConnection {
            phase = .discarding
        } else {
            phase = .ending
            deadline = .distantFuture
            responses.update(ticket) { $0.closes = true }
        }
        decided(ticket, answer)
    }

    /// Answers outside of any request, or within one that broke off, and ends the connection.
    private func refuseConnection(_ refusal: Refusal) {
        switch phase {
        case .ending, .lingering, .closed: return
        case .awaitingHead, .receiving, .discarding: break
        }
        let unfinished = upload
        upload = nil
        owesContinue = false
        let isAnswered = phase == .discarding
        phase = .ending
        deadline = .distantFuture
        if let unfinished {
            loop.shared.budget.giveBack(unfinished.received)
            responses.update(unfinished.ticket) { $0.closes = true }
            decided(unfinished.ticket, .refusal(refusal))
        } else if isAnswered {
            linger()
        } else {
            let ticket = responses.open(
                ResponseQueue.Entry(received: loop.turn().now, persistence: .close, isHead: false))
            decided(ticket, .refusal(refusal))
        }
    }

    // MARK: Answers

    private func decided(_ ticket: Int, _ answer: Answer) {
        var held = 0
        responses.update(ticket) { entry in
            entry.answer = answer
            held = entry.heldBytes
            entry.heldBytes = 0
        }
        if held > 0 { loop.shared.budget.giveBack(held) }
        if case .refusal(let refusal) = answer, refusal != .queueUnavailable {
            loop.warn(refusal.result, refusal.text)
        }
        writeDecided()
    }

    /// Writes the answers whose turn has come.
    private func writeDecided() {
        var hasWritten = false
        while let entry = responses.popDecided(), let answer = entry.answer {
            loop.shared.metrics.count(answer.result)
            guard let context, phase != .lingering, phase != .closed else { continue }
            let isLast = responses.isEmpty && phase == .awaitingHead && !headerStarted
            let closes = entry.persistence == .close || entry.closes || (isLast && (loop.isDraining || inputClosed))
            let bytes = loop.render(
                answer, persistence: closes ? .close : entry.persistence, withoutBody: entry.isHead)
            context.write(wrapOutboundOut(bytes), promise: nil)
            loop.shared.metrics.duration.observe(Double((loop.turn().now - entry.received).nanoseconds) / 1e9)
            hasWritten = true
            if closes { linger() }
        }
        guard hasWritten, phase != .lingering else { return }
        if responses.isEmpty {
            flush()
            if phase == .awaitingHead && !headerStarted { deadline = loop.turn().now + limits.idleTime }
        } else if !isFlushPending {
            isFlushPending = true
            loop.flushLater(self)
        }
        sendContinue()
        resumeReading()
    }

    /// Asks for the body, once all earlier answers are out.
    private func sendContinue() {
        guard owesContinue, let context, let upload, responses.isNext(upload.ticket) else { return }
        owesContinue = false
        context.writeAndFlush(wrapOutboundOut(loop.continueAnswer), promise: nil)
    }

    func flush() {
        isFlushPending = false
        context?.flush()
    }

    private func resumeReading() {
        guard isReadHeld, let context, responses.count < limits.pipelinedRequests, context.channel.isWritable else {
            return
        }
        isReadHeld = false
        context.read()
    }

    // MARK: Ending

    /// Closes our side and gives the sender time to read the answer: closing at once would reset the connection if it is
    /// still sending, and the reset can overtake the answer.
    private func linger() {
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

extension WebhookConnection: PushObserver {
    func pushFinished(ticket: Int, outcome: PushOutcome) {
        switch outcome {
        case .stored:
            decided(ticket, .accepted)
        case .failed(let error):
            loop.warn(.redisError, error.description)
            decided(ticket, .refusal(.queueUnavailable))
        case .unexpectedReply:
            loop.warn(.redisError, "Redis answered LPUSH with something other than a number")
            decided(ticket, .refusal(.queueUnavailable))
        }
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
