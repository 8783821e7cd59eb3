internal import Glibc
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Is told of a stop before all others: logs it, and ends the process where even cancelling everything does not.
final class ShutdownWatch: Service {
    private enum State {
        case running
        case stopping(watchdog: Task<Void, Never>, wasCutOff: Bool)
        case stopped
    }

    /// How long the services have between being cancelled and the end of the process.
    static let cancellationTime = Duration.seconds(5)

    private let limit: Duration
    private let logger: Logger
    private let state = Mutex(State.running)

    init(limit: Duration, logger: Logger) {
        self.limit = limit
        self.logger = logger
    }

    func run() async throws {
        try? await gracefulShutdown()
        logger.info("stopping", metadata: ["limit.seconds": "\(limit.components.seconds)"])
        let (limit, logger) = (limit, logger)
        // Unstructured, because the group waits for this service's end before it stops the next one.
        let watchdog = Task {
            guard (try? await Task.sleep(for: limit + Self.cancellationTime)) != nil else { return }
            logger.critical("the services do not stop, the process ends", metadata: [:])
            exit(EXIT_FAILURE)
        }
        state.withLock { $0 = .stopping(watchdog: watchdog, wasCutOff: false) }
    }

    /// A service was still at work when the group cancelled it.
    func noteCancellation() {
        state.withLock { state in
            guard case .stopping(let watchdog, _) = state else { return }
            state = .stopping(watchdog: watchdog, wasCutOff: true)
        }
    }

    /// Ends the watch.
    /// - Returns: Whether the graceful stop took longer than it may, so that something was cut off.
    func finish() -> Bool {
        state.withLock { state in
            defer { state = .stopped }
            guard case .stopping(let watchdog, let wasCutOff) = state else { return false }
            watchdog.cancel()
            return wasCutOff
        }
    }
}

/// The graceful stop took longer than allowed, so that services were cancelled in the middle of their work.
public struct ShutdownTimedOut: Error, CustomStringConvertible {
    public let limit: Duration

    public var description: String {
        "stopping took longer than \(limit.components.seconds) s: unfinished work was cancelled"
    }
}
