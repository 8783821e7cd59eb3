import NIOCore

/// The commands of one connection that still lack their reply: who gets the next reply, who has waited too long, and
/// when the server must be taken for dead.
///
/// Pure: events go in, actions come out. It owns no channel, timer, clock or promise; `Context` is whatever the caller
/// wants back with the outcome (a completion in production, a number in tests).
///
/// Redis answers in order, so the n-th reply belongs to the n-th command. A command that is cancelled or timed out
/// therefore stays in line as a tombstone until its reply has come and been dropped; the others are not disturbed.
///
/// A server that stops answering (frozen, or behind a black hole) shows itself by deadlines that pass in silence. From
/// the first of them the connection has `silenceGrace` left; any byte that arrives ends the suspicion.
struct RedisConnectionStateMachine<Context> {
    /// Numbers the commands of a connection in the order of their submission.
    typealias CommandID = UInt64

    private struct Pending {
        /// `distantFuture` when there is none, or when it has passed already.
        var deadline: NIODeadline
        /// `nil` is a tombstone.
        var context: Context?
    }

    /// A command that ends without a reply.
    struct Failure {
        let context: Context
        let mayHaveExecuted: Bool
    }

    enum Submission {
        case write(CommandID)
        /// Write, and have ``timerFired(now:)`` called at the given time instead of any time asked for before.
        case writeAndSchedule(CommandID, at: NIODeadline)
        /// The connection is closed. Nothing is kept.
        case refuse
    }

    enum ReplyAction {
        case complete(Context)
        /// The reply of a tombstone.
        case discard
        /// Nobody waits: the server cannot be trusted, close the connection.
        case unexpected
    }

    enum TimerAction {
        /// Fail these with a timeout and, if a time is given, call again then.
        case expire([Failure], nextTimer: NIODeadline?)
        /// Fail `timedOut` with a timeout and `others` with a closed connection; close it. The machine is closed.
        case giveUp(timedOut: [Failure], others: [Failure])
    }

    /// Bounds how often the timer runs while many deadlines pass one by one.
    static var timerResolution: TimeAmount { .milliseconds(1) }

    private(set) var isOpen = true
    private let silenceGrace: TimeAmount
    private var pending = CircularBuffer<Pending>(initialCapacity: 128)
    /// The number of `pending`'s first element; those behind it follow without a gap.
    private var firstID: CommandID = 0
    /// Commands below this number have been handed to the socket.
    private var flushedBefore: CommandID = 0
    private var nextTimer = NIODeadline.distantFuture
    /// When the connection is given up unless a byte arrives first.
    private var graceEnd: NIODeadline?

    init(silenceGrace: TimeAmount) {
        self.silenceGrace = silenceGrace
    }

    /// Commands that wait for a reply, tombstones included.
    var pendingCount: Int { pending.count }

    /// A command is about to be written.
    ///
    /// - Parameter deadline: `distantFuture` for none.
    mutating func submit(_ context: Context, deadline: NIODeadline) -> Submission {
        guard isOpen else { return .refuse }
        let id = firstID + UInt64(pending.count)
        pending.append(Pending(deadline: deadline, context: context))
        guard deadline < nextTimer else { return .write(id) }
        nextTimer = deadline
        return .writeAndSchedule(id, at: deadline)
    }

    /// All that was submitted so far is on its way.
    mutating func flushed() {
        flushedBefore = firstID + UInt64(pending.count)
    }

    /// Bytes arrived, whatever they hold: the server lives.
    mutating func bytesReceived() {
        graceEnd = nil
    }

    /// One complete reply arrived.
    mutating func replyReceived() -> ReplyAction {
        guard let first = pending.popFirst() else { return .unexpected }
        firstID += 1
        guard let context = first.context else { return .discard }
        return .complete(context)
    }

    /// Gives up a command's reply.
    ///
    /// - Returns: its context, to be failed as cancelled (the command may have executed: its bytes are sent or about to
    ///   be); `nil` if it has ended already.
    mutating func cancel(_ id: CommandID) -> Context? {
        guard isOpen, id >= firstID, id - firstID < UInt64(pending.count) else { return nil }
        let index = pending.index(pending.startIndex, offsetBy: Int(id - firstID))
        // The deadline stays: a reply that fails to come still tells that the server is silent.
        defer { pending[index].context = nil }
        return pending[index].context
    }

    /// The time last asked for has come.
    mutating func timerFired(now: NIODeadline) -> TimerAction {
        guard isOpen else { return .expire([], nextTimer: nil) }
        var timedOut: [Failure] = []
        var earliest = NIODeadline.distantFuture
        var anyExpired = false
        for index in pending.indices {
            let deadline = pending[index].deadline
            guard deadline <= now else {
                earliest = min(earliest, deadline)
                continue
            }
            anyExpired = true
            if let context = pending[index].context {
                // Even if not flushed yet: its bytes are queued and will be sent.
                timedOut.append(Failure(context: context, mayHaveExecuted: true))
            }
            pending[index] = Pending(deadline: .distantFuture, context: nil)
        }
        if anyExpired, graceEnd == nil { graceEnd = now + silenceGrace }
        if let graceEnd {
            guard graceEnd > now else { return .giveUp(timedOut: timedOut, others: close()) }
            earliest = min(earliest, graceEnd)
        }
        nextTimer = earliest == .distantFuture ? earliest : max(earliest, now + Self.timerResolution)
        return .expire(timedOut, nextTimer: nextTimer == .distantFuture ? nil : nextTimer)
    }

    /// The connection ends, for whatever reason.
    ///
    /// - Returns: the commands that get no reply any more; empty when closed already.
    mutating func close() -> [Failure] {
        isOpen = false
        nextTimer = .distantFuture
        graceEnd = nil
        var failures: [Failure] = []
        while let first = pending.popFirst() {
            let mayHaveExecuted = firstID < flushedBefore
            firstID += 1
            guard let context = first.context else { continue }
            failures.append(Failure(context: context, mayHaveExecuted: mayHaveExecuted))
        }
        return failures
    }
}

extension RedisConnectionStateMachine.Failure: Equatable where Context: Equatable {}
extension RedisConnectionStateMachine.Submission: Equatable where Context: Equatable {}
extension RedisConnectionStateMachine.ReplyAction: Equatable where Context: Equatable {}
extension RedisConnectionStateMachine.TimerAction: Equatable where Context: Equatable {}
