internal import Synchronization

/// The order to stop, given once; whoever sleeps on it wakes.
final class StopSignal: Sendable {
    private struct State {
        var givenAt: ContinuousClock.Instant?
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var actions: [@Sendable () -> Void] = []
        var next = 0
    }

    private let state = Mutex(State())

    var isGiven: Bool { givenAt != nil }

    /// When the order was given first.
    var givenAt: ContinuousClock.Instant? { state.withLock { $0.givenAt } }

    func give() {
        let (continuations, actions) = state.withLock { state in
            if state.givenAt == nil { state.givenAt = .now }
            defer {
                state.waiting = [:]
                state.actions = []
            }
            return (Array(state.waiting.values), state.actions)
        }
        for action in actions { action() }
        for continuation in continuations { continuation.resume() }
    }

    /// Runs `action` when the order is given, or now if it was.
    func onGiven(_ action: @escaping @Sendable () -> Void) {
        let now = state.withLock { state in
            if state.givenAt != nil { return true }
            state.actions.append(action)
            return false
        }
        if now { action() }
    }

    /// Returns when the order is given or the task is cancelled.
    func wait() async {
        let ticket = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state in
                    if state.givenAt != nil || Task.isCancelled { return true }
                    state.waiting[ticket] = continuation
                    return false
                }
                if now { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
        }
    }

    /// Sleeps for `duration`, shorter if the order is given or the task cancelled.
    /// - Returns: whether work should go on.
    func sleep(_ duration: Duration) async -> Bool {
        await withTaskGroup { group in
            group.addTask { await self.wait() }
            group.addTask { try? await Task.sleep(for: duration) }
            await group.next()
            group.cancelAll()
        }
        return !isGiven && !Task.isCancelled
    }
}
