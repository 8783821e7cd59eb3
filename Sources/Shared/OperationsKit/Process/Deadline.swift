internal import Synchronization

/// The body's result, or nil once the limit has passed. Unlike a task group this does not wait for a body that ignores
/// its cancellation: it is cancelled, and its late result dropped.
func withDeadline<Value: Sendable>(
    _ limit: Duration, _ body: @escaping @Sendable () async -> Value
) async -> Value? {
    let race = Race<Value>()
    return await withCheckedContinuation { continuation in
        race.start(continuation)
        // Unstructured, both: structured tasks would have to be awaited, which is what must not happen here.
        let work = Task { race.finish(await body()) }
        let timer = Task {
            try? await Task.sleep(for: limit)
            race.finish(nil)
        }
        race.cancelAfterwards([work.cancel, timer.cancel])
    }
}

/// Resumes a continuation once, with whoever comes first, and then cancels all runners.
private final class Race<Value: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Value?, Never>?
        var cancellations: [@Sendable () -> Void] = []
        var isOver = false
    }

    private let state = Mutex(State())

    func start(_ continuation: CheckedContinuation<Value?, Never>) {
        state.withLock { $0.continuation = continuation }
    }

    func cancelAfterwards(_ cancellations: [@Sendable () -> Void]) {
        let isOver = state.withLock { state in
            state.cancellations = cancellations
            return state.isOver
        }
        if isOver { Self.call(cancellations) }
    }

    func finish(_ value: Value?) {
        let (continuation, cancellations) = state.withLock { state in
            defer {
                state.continuation = nil
                state.cancellations = []
                state.isOver = true
            }
            return (state.continuation, state.cancellations)
        }
        continuation?.resume(returning: value)
        Self.call(cancellations)
    }

    private static func call(_ cancellations: [@Sendable () -> Void]) {
        for cancel in cancellations { cancel() }
    }
}
