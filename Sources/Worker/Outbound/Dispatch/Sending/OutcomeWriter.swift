internal import Logging
internal import Postgres
internal import SendPolicy
internal import ServiceLifecycle
internal import Synchronization

/// Writes what came of attempts into Postgres, those of all batches together, and does not give up: what Meta has
/// answered must never be forgotten, or the message might go out twice.
///
/// While one step is being written the next one gathers, so that a step is as large as the load makes it.
final class OutcomeWriter: Service, Sendable {
    private typealias Waiting = (outcome: SendOutcome, answer: CheckedContinuation<SendStatus?, Never>)

    private struct State {
        var waiting: [Waiting] = []
        var running = 0
        /// Attempts that have been begun and not ended.
        var underWay = 0
        var stopping: CheckedContinuation<Void, Never>?
    }

    /// Most outcomes in one step.
    private static let step = 256
    /// Steps at once.
    private static let steps = 2
    /// For the first outcome of a step: others that end at the same moment go with it.
    private static let linger: Duration = .milliseconds(3)

    private let pool: PostgresPool
    private let logger: Logger
    private let state = Mutex(State())

    init(pool: PostgresPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    /// Keeps the service group from stopping what it needs until all that is under way has ended and is written.
    func run() async throws {
        try? await gracefulShutdown()
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                if state.underWay == 0 { return true }
                state.stopping = continuation
                return false
            }
            if now { continuation.resume() }
        }
    }

    /// Attempts that are under way or whose outcome is not written yet.
    var underWay: Int { state.withLock { $0.underWay } }

    func began(_ count: Int) {
        state.withLock { $0.underWay += count }
    }

    /// Attempts that were begun have ended, their outcomes written.
    func ended(_ count: Int) {
        let stopping = state.withLock { state in
            state.underWay -= count
            guard state.underWay == 0 else { return nil as CheckedContinuation<Void, Never>? }
            defer { state.stopping = nil }
            return state.stopping
        }
        stopping?.resume()
    }

    /// Returns once it is written.
    /// - Returns: what the row says now; nil if it has gone on without this attempt.
    func write(_ outcome: SendOutcome) async -> SendStatus? {
        await withCheckedContinuation { answer in
            let start = state.withLock { state in
                state.waiting.append((outcome, answer))
                guard state.running < Self.steps, state.running == 0 || state.waiting.count >= Self.step else {
                    return false
                }
                state.running += 1
                return true
            }
            // Unstructured: whoever asked may be cancelled, and the outcome is written all the same.
            if start { Task { await self.drain() } }
        }
    }

    private func drain() async {
        try? await Task.sleep(for: Self.linger)
        while true {
            let step: [Waiting]? = state.withLock { state in
                if state.waiting.isEmpty {
                    state.running -= 1
                    return nil
                }
                let step = Array(state.waiting.prefix(Self.step))
                state.waiting.removeFirst(step.count)
                return step
            }
            guard let step else { return }
            let statuses = await statuses(of: step.map(\.outcome))
            for (outcome, answer) in step { answer.resume(returning: statuses[outcome.id]) }
        }
    }

    /// Writes until it is written. What Postgres refuses for its content is found by halving, and written without what
    /// others gave us.
    private func statuses(of outcomes: [SendOutcome]) async -> [String: SendStatus] {
        var failures = 0
        while true {
            do {
                return try await pool.withTransaction { session in
                    try BeginTable.prepare(session)
                    return try OutcomeTable.write(outcomes, in: session)
                }
            } catch {
                guard let error = error as? PostgresError, error.refusesContent else {
                    if failures % 10 == 0 {
                        logger.warning(
                            "holding the outcomes of sends until they can be written",
                            metadata: ["error": "\(error)", "sends": "\(outcomes.count)"])
                    }
                    failures += 1
                    try? await Task.sleep(for: .milliseconds(min(1_000, 20 << min(failures, 6))))
                    continue
                }
                if outcomes.count == 1 {
                    logger.error("an outcome is written without its wamid", metadata: ["error": "\(error)"])
                    return await statuses(bare: outcomes[0])
                }
                let middle = outcomes.count / 2
                let first = await statuses(of: Array(outcomes[..<middle]))
                let second = await statuses(of: Array(outcomes[middle...]))
                return first.merging(second) { first, _ in first }
            }
        }
    }

    private func statuses(bare outcome: SendOutcome) async -> [String: SendStatus] {
        var bare = outcome
        bare.wamid = nil
        bare.recipientWaID = nil
        for _ in 0..<20 {
            do {
                let only = bare
                return try await pool.withTransaction { session in try OutcomeTable.write([only], in: session) }
            } catch {
                logger.error("writing the outcome of a send failed", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        return [:]
    }
}

extension PostgresError {
    /// Whether it is what was to be written that Postgres refuses, now and whenever it is tried again.
    var refusesContent: Bool {
        switch kind {
        case .data, .integrity, .usage: true
        case .connection, .timeout, .cancelled, .outcomeUnknown, .readOnly, .resources, .serialization, .other: false
        }
    }
}
