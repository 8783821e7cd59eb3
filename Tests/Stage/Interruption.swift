import Glibc
import Synchronization
import UnixSignals

/// Ctrl-C, `kill`, or the terminal's end, turned into values.
final class Interruption: Sendable {
    private let arrivals: AsyncStream<Void>
    private let exits = Mutex(false)

    init() async {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        self.arrivals = arrivals
        signal(SIGPIPE, SIG_IGN)
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        // Unstructured: it listens for as long as the process lives.
        Task { [self] in
            for await _ in signals {
                // The exit ends all children, see LeftoverGuard of the test support.
                if exits.withLock({ $0 }) { exit(130) }
                arrived.yield()
            }
        }
    }

    /// The next signal ends this process at once.
    func nextOneExits() { exits.withLock { $0 = true } }

    /// Runs `body` until it returns or a signal comes.
    /// - Returns: Whether a signal came first; `body` is cancelled then, and has ended.
    func endsFirst(_ body: @escaping @Sendable () async throws -> Void) async throws -> Bool {
        let arrivals = arrivals
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return false
            }
            group.addTask {
                for await _ in arrivals { break }
                return true
            }
            let interrupted = try await group.next() ?? false
            group.cancelAll()
            while !group.isEmpty { _ = try? await group.next() }
            return interrupted
        }
    }
}
