internal import JobEngine
internal import Synchronization

/// Under which id this process takes turns from the lanes now. The engine changes it when the worker was declared dead.
final class SenderIdentity: Sendable {
    private let current = Mutex("")

    /// The worker's id; empty before its first session.
    var worker: String { current.withLock { $0 } }

    /// Makes sources as `factory` does, and remembers for whom.
    func following(_ factory: @escaping JobSourceFactory) -> JobSourceFactory {
        { context in
            self.current.withLock { $0 = context.worker.id }
            return factory(context)
        }
    }
}
