internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// A service whose end is always explained: one that ends though nobody asked it to is an error, and is logged at once,
/// since the others may take a while to stop.
struct SupervisedService: Service {
    let service: any Service
    let watch: ShutdownWatch
    let logger: Logger

    /// Of the service itself, whatever it is wrapped in.
    var name: String { Self.name(of: service) }

    private static func name(of service: any Service) -> String {
        guard let wrapper = service as? any ServiceWrapper else { return String(describing: type(of: service)) }
        return name(of: wrapper.service)
    }

    func run() async throws {
        let stopRequested = StopFlag()
        defer { if Task.isCancelled { watch.noteCancellation() } }
        do {
            try await withTaskCancellationOrGracefulShutdownHandler {
                try await service.run()
            } onCancelOrGracefulShutdown: {
                stopRequested.set()
            }
        } catch let error as CancellationError {
            // The group cancels when the time for a graceful stop is over; that is reported as such.
            if stopRequested.isSet { return }
            throw error
        } catch {
            logger.critical("a service failed, the process stops", error: error, metadata: ["service": "\(name)"])
            throw error
        }
        guard stopRequested.isSet else {
            let error = ServiceEnded(service: name)
            logger.critical("a service ended, the process stops", error: error, metadata: ["service": "\(name)"])
            throw error
        }
    }
}

private final class StopFlag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .acquiring) }

    func set() {
        flag.store(true, ordering: .releasing)
    }
}

/// A service returned although the process was not stopping.
public struct ServiceEnded: Error, CustomStringConvertible {
    public let service: String

    public var description: String { "the service \(service) ended by itself" }
}
