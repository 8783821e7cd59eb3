import JobQueue
import NIOCore
import NIOHTTP1
import WebhookSignature

/// Reading requests: from the parts that the HTTP parser gives to a decision about each.
extension WebhookConnection {
    func received(_ head: HTTPRequestHead) {
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

    func received(_ bytes: ByteBuffer) {
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

    func receivedEnd() {
        switch phase {
        case .receiving:
            guard var upload = upload.take() else { return }
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
    func endRequest() {
        owesContinue = false
        phase = isLastRequest ? .ending : .awaitingHead
        deadline = .distantFuture
    }

    func refuseUpload(_ refusal: Refusal) {
        guard let upload = upload.take() else { return }
        loop.shared.budget.giveBack(upload.received)
        let bodyMayCome = !owesContinue
        owesContinue = false
        decide(upload.ticket, .refusal(refusal), remaining: upload.remaining, bodyMayCome: bodyMayCome)
    }

    /// Answers a request whose body is not wanted. A short one is read and thrown away; a longer one, or one that the
    /// sender holds back until it is asked for, ends the connection, and so does a malformed request.
    func decide(_ ticket: Int, _ answer: Answer, remaining: Int, bodyMayCome: Bool) {
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
    func refuseConnection(_ refusal: Refusal) {
        switch phase {
        case .ending, .lingering, .closed: return
        case .awaitingHead, .receiving, .discarding: break
        }
        let isDecided = phase == .discarding
        owesContinue = false
        phase = .ending
        deadline = .distantFuture
        if let unfinished = upload.take() {
            loop.shared.budget.giveBack(unfinished.received)
            responses.update(unfinished.ticket) { $0.closes = true }
            decided(unfinished.ticket, .refusal(refusal))
        } else if isDecided && responses.isEmpty {
            linger()
        } else if isDecided {
            // Its answer waits behind earlier ones.
            responses.updateLast { $0.closes = true }
        } else {
            let ticket = responses.open(
                ResponseQueue.Entry(received: loop.turn().now, persistence: .close, isHead: false))
            decided(ticket, .refusal(refusal))
        }
    }
}
