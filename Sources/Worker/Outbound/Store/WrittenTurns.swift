public import OutboundLanes
internal import Postgres
internal import RedisClient
internal import Synchronization

/// The turns of messages that the runs of one transaction have written, whether or not their commit was heard of.
///
/// Where the answer to a COMMIT is lost, the next run finds the message there, and would take its turn for given. A turn
/// whose message was not stored after all does nothing, so where nobody can know it is given all the same.
public final class WrittenTurns: Sendable {
    private struct State {
        var turns: [String: Turn] = [:]
        /// What became of the request in the last run.
        var submission: Submission?
    }

    private let state = Mutex(State())

    init() {}

    /// To be called in the transaction, with what became of its request.
    public func note(_ submission: Submission?) {
        state.withLock { state in
            state.submission = submission
            if let turn = submission?.turn { state.turns[turn.messageID] = turn }
        }
    }

    func note(_ turns: [Turn]) {
        state.withLock { state in for turn in turns { state.turns[turn.messageID] = turn } }
    }

    /// All that were written, stored or not.
    var all: [Turn] { state.withLock { Array($0.turns.values) } }

    /// That of the message which answers the request, if it was written here.
    private var due: [Turn] {
        state.withLock { state in (state.submission?.message.flatMap { state.turns[$0.id] }).map { [$0] } ?? [] }
    }

    /// Runs a transaction that makes one message of a request, however often it is run, and gives the message its turn.
    /// Without one it is no failure: the message is stored, and a sweep gives it a turn.
    ///
    /// - Throws: what `transaction` throws; a `PostgresError` of kind `outcomeUnknown` if nobody can know whether the
    ///   message was stored.
    public static func run<Value: Sendable>(
        in lanes: OutboundLanes, _ transaction: @Sendable (WrittenTurns) async throws -> Value
    ) async throws -> Value {
        let written = WrittenTurns()
        do {
            let value = try await IdempotentTransaction.run { try await transaction(written) }
            try? await lanes.pushTurns(written.due)
            return value
        } catch let error as PostgresError where error.kind == .outcomeUnknown {
            try? await lanes.pushTurns(written.all)
            throw error
        }
    }
}
