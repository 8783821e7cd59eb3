internal import Synchronization

/// The port that a listener got, for whoever waits for it.
final class BoundPort: Sendable {
    private enum State {
        case pending(waiting: [Int: CheckedContinuation<Int?, Never>], next: Int)
        case known(Int?)
    }

    private let state = Mutex(State.pending(waiting: [:], next: 0))

    /// The port, as soon as it is known; nil where there is none, or where the waiting was cancelled.
    func wait() async -> Int? {
        let ticket = state.withLock { state in
            guard case .pending(let waiting, let next) = state else { return 0 }
            state = .pending(waiting: waiting, next: next + 1)
            return next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let port: Int?? = state.withLock { state in
                    switch state {
                    case .known(let port): return .some(port)
                    // Asked under the lock: a cancellation after this finds the continuation, one before it is seen.
                    case .pending where Task.isCancelled: return .some(nil)
                    case .pending(var waiting, let next):
                        waiting[ticket] = continuation
                        state = .pending(waiting: waiting, next: next)
                        return nil
                    }
                }
                if let port { continuation.resume(returning: port) }
            }
        } onCancel: {
            let continuation: CheckedContinuation<Int?, Never>? = state.withLock { state in
                guard case .pending(var waiting, let next) = state else { return nil }
                let continuation = waiting.removeValue(forKey: ticket)
                state = .pending(waiting: waiting, next: next)
                return continuation
            }
            continuation?.resume(returning: nil)
        }
    }

    /// Tells everyone; what is told first stays.
    func publish(_ port: Int?) {
        let continuations: [CheckedContinuation<Int?, Never>] = state.withLock { state in
            guard case .pending(let waiting, _) = state else { return [] }
            state = .known(port)
            return Array(waiting.values)
        }
        for continuation in continuations { continuation.resume(returning: port) }
    }
}
