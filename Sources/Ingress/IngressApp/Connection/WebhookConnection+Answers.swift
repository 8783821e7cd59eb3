import JobQueue
import NIOCore
import OperationsKit
import RedisClient

/// Writing answers, each in its request's turn.
extension WebhookConnection {
    func decided(_ ticket: Int, _ answer: Answer) {
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
    func writeDecided() {
        var hasWritten = false
        while let entry = responses.popDecided(), let answer = entry.answer {
            loop.shared.metrics.count(answer.result)
            guard let context, phase != .lingering, phase != .closed else { continue }
            let isLast = responses.isEmpty && phase == .awaitingHead && !headerStarted
            let closes = entry.persistence == .close || entry.closes || (isLast && (loop.isDraining || inputClosed))
            let bytes = loop.render(
                answer, persistence: closes ? .close : entry.persistence, withoutBody: entry.isHead)
            if responses.isEmpty && !closes {
                context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            } else {
                context.write(wrapOutboundOut(bytes), promise: nil)
            }
            loop.shared.metrics.duration.observe(Double((loop.turn().now - entry.received).nanoseconds) / 1e9)
            hasWritten = true
            if closes { linger() }
        }
        guard hasWritten, phase != .lingering else { return }
        if responses.isEmpty {
            if phase == .awaitingHead && !headerStarted { deadline = loop.turn().now + limits.idleTime }
        } else if !isFlushPending {
            isFlushPending = true
            loop.flushLater(self)
        }
        sendContinue()
        resumeReading()
    }

    /// Asks for the body, once all earlier answers are out.
    func sendContinue() {
        guard owesContinue, let context, let upload, responses.isNext(upload.ticket) else { return }
        owesContinue = false
        context.writeAndFlush(wrapOutboundOut(loop.continueAnswer), promise: nil)
    }

    func flush() {
        isFlushPending = false
        context?.flush()
    }

    func resumeReading() {
        guard isReadHeld, let context, responses.count < limits.pipelinedRequests, context.channel.isWritable else {
            return
        }
        isReadHeld = false
        context.read()
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
