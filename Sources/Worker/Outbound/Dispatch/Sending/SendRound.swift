internal import JobEngine
internal import Synchronization

/// The turns of one batch, and how they ended so far.
///
/// Who claimed them waits for all of them for a while. What Meta has not answered by then goes on by itself, so that a few
/// answers that never come hold up nobody else's: its job is done, for the row is the truth, and the sweep gives it a turn
/// should it need another.
final class SendRound: Sendable {
    private struct State {
        var results: [JobResult?]
        var open: Int
        /// Numbers of sends that count among their number's concurrent ones, by position.
        var entered: [Int: String] = [:]
        var isDetached = false
        var waiter: CheckedContinuation<Void, Never>?

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
            defer { waiter = nil }
            return waiter
        }
    }

    private let state: Mutex<State>

    init(count: Int) {
        state = Mutex(State(results: Array(repeating: nil, count: count), open: count))
    }

    /// Whether nobody waits for results any more.
    var isDetached: Bool { state.withLock { $0.isDetached } }

    func settle(_ index: Int, _ result: JobResult) {
        let waiter = state.withLock { state in
            guard state.results[index] == nil else { return nil as CheckedContinuation<Void, Never>? }
            state.results[index] = result
            state.open -= 1
            return state.open == 0 ? state.takeWaiter() : nil
        }
        waiter?.resume()
    }

    func entered(_ index: Int, number: String) {
        state.withLock { $0.entered[index] = number }
    }

    /// - Returns: whether it still counted.
    func left(_ index: Int) -> Bool {
        state.withLock { $0.entered.removeValue(forKey: index) != nil }
    }

    /// Waits for all results, at most for `patience`, or until the task is cancelled.
    /// - Returns: the results, and the numbers of sends that go on by themselves.
    func results(patience: Duration) async -> ([JobResult], left: [String]) {
        // Unstructured, since the round outlives whoever waits for it.
        let alarm = Task {
            try await Task.sleep(for: patience)
            self.wake()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state in
                    if state.open == 0 || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if now { continuation.resume() }
            }
        } onCancel: {
            self.wake()
        }
        alarm.cancel()
        return state.withLock { state in
            state.isDetached = true
            defer { state.entered = [:] }
            return (state.results.map { $0 ?? .completed }, Array(state.entered.values))
        }
    }

    private func wake() {
        state.withLock { $0.takeWaiter() }?.resume()
    }
}
