internal import Synchronization

/// So many sends at once in this process; who comes first is served first.
final class Slots: Sendable {
    private struct State {
        var free: Int
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let total: Int
    private let state: Mutex<State>

    init(_ count: Int) {
        total = max(1, count)
        state = Mutex(State(free: max(1, count)))
    }

    /// Waits until `count` slots are free, or all of them where there are fewer, and takes them.
    /// - Returns: how many were taken.
    func take(_ count: Int) async -> Int {
        let count = min(count, total)
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                if state.waiting.isEmpty, state.free >= count {
                    state.free -= count
                    return true
                }
                state.waiting.append((count, continuation))
                return false
            }
            if now { continuation.resume() }
        }
        return count
    }

    func give(_ count: Int) {
        let ready = state.withLock { state in
            state.free += count
            var ready: [CheckedContinuation<Void, Never>] = []
            while let next = state.waiting.first, state.free >= next.count {
                state.free -= next.count
                ready.append(next.continuation)
                state.waiting.removeFirst()
            }
            return ready
        }
        for continuation in ready { continuation.resume() }
    }
}
