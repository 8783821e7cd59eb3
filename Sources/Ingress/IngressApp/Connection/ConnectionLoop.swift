import Glibc
import Identifiers
import JobQueue
import Logging
import NIOCore
import OperationsKit

/// One event loop's share of the work: its connections, its producer, its clock.
///
/// Everything happens on the event loop. The clock is read once for each turn of the loop, and what a turn's requests gave
/// is pushed to Redis at its end, as one command. Not `Sendable` by design.
final class ConnectionLoop {
    /// The time of a turn.
    struct Turn {
        let now: NIODeadline
        /// Unix milliseconds.
        let milliseconds: Int
    }

    let shared: IngressShared
    let producer: JobProducer
    let eventLoop: any EventLoop
    private(set) var isDraining = false

    private var connections: [WebhookConnection] = []
    private var unflushed: [WebhookConnection] = []
    private var renderer: AnswerRenderer
    private var identifiers = ULIDGenerator()
    private var warnings = WarningLimiter()
    private var current: Turn?
    private var countedPushes = 0
    private var sweep: Scheduled<Void>?
    private var emptied: EventLoopPromise<Void>?

    init(shared: IngressShared, producer: JobProducer, eventLoop: any EventLoop, allocator: ByteBufferAllocator) {
        self.shared = shared
        self.producer = producer
        self.eventLoop = eventLoop
        renderer = AnswerRenderer(allocator: allocator)
        scheduleSweep()
    }

    // MARK: Turns

    /// This turn's time; asking for it also makes sure that the turn's end is noticed.
    func turn() -> Turn {
        if let current { return current }
        let turn = Turn(now: eventLoop.now, milliseconds: Self.unixMilliseconds())
        current = turn
        eventLoop.assumeIsolated().execute { self.endTurn(turn) }
        return turn
    }

    private func endTurn(_ turn: Turn) {
        producer.flush(now: turn.now)
        while let connection = unflushed.popLast() { connection.flush() }
        if producer.pushes != countedPushes {
            shared.metrics.pushes.increment(by: producer.pushes - countedPushes)
            countedPushes = producer.pushes
        }
        current = nil
    }

    /// Flushes the connection at the end of this turn, when more may have been written to it.
    func flushLater(_ connection: WebhookConnection) {
        _ = turn()
        unflushed.append(connection)
    }

    func nextIdentifier() -> ULID {
        identifiers.next(milliseconds: UInt64(turn().milliseconds))
    }

    func render(_ answer: Answer, persistence: Persistence, withoutBody: Bool) -> ByteBuffer {
        renderer.render(
            answer, persistence: persistence, withoutBody: withoutBody, second: turn().milliseconds / 1_000)
    }

    /// The interim answer that asks for a body.
    var continueAnswer: ByteBuffer { renderer.continueAnswer }

    private static func unixMilliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }

    // MARK: Connections

    func add(_ connection: WebhookConnection) {
        connection.position = connections.count
        connections.append(connection)
    }

    func remove(_ connection: WebhookConnection) {
        guard let position = connection.position else { return }
        connection.position = nil
        let last = connections.removeLast()
        if last !== connection {
            connections[position] = last
            last.position = position
        }
        if isDraining && connections.isEmpty { finishDraining() }
    }

    /// Looks for connections whose time is over. One timer for all of them costs a request nothing.
    private func scheduleSweep() {
        sweep = eventLoop.assumeIsolated().scheduleTask(in: shared.limits.sweepInterval) {
            let now = self.eventLoop.now
            for connection in self.connections where connection.deadline <= now { connection.deadlinePassed() }
            self.scheduleSweep()
        }
    }

    // MARK: Shutdown

    /// Ends idle connections now and the others after their answer.
    /// - Returns: Succeeds when no connection is left.
    func drain() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        emptied = promise
        isDraining = true
        for connection in connections { connection.drain() }
        if connections.isEmpty { finishDraining() }
        return promise.futureResult
    }

    /// Ends every connection, whatever it is doing.
    func closeAll() {
        for connection in connections { connection.close() }
    }

    private func finishDraining() {
        sweep?.cancel()
        emptied?.succeed(())
        emptied = nil
    }

    // MARK: Warnings

    /// Logs a refusal, at most once in ten seconds of each kind. Nothing of the request is in it.
    func warn(_ result: RequestResult, _ reason: String) {
        guard let suppressed = warnings.admit(result, now: turn().now) else { return }
        shared.logger.warning(
            "request refused",
            metadata: ["result": "\(result.label)", "reason": "\(reason)", "suppressed": "\(suppressed)"])
    }
}
