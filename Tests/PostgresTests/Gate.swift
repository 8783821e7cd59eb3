import Dispatch
import Synchronization
import TestSupport

/// Opened once; tasks and a connection's thread can wait for it, for at most half a minute.
final class Gate: Sendable {
    private let isOpen = Mutex(false)
    private let semaphore = DispatchSemaphore(value: 0)

    func open() {
        isOpen.withLock { $0 = true }
        semaphore.signal()
    }

    func wait() async throws {
        try await waitUntil("a gate to open", within: .seconds(30)) { isOpen.withLock { $0 } }
    }

    /// For the synchronous body of a transaction.
    func waitOnThisThread() {
        _ = semaphore.wait(timeout: .now() + .seconds(30))
        semaphore.signal()
    }
}
