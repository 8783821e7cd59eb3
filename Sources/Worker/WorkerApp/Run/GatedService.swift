internal import OperationsKit
internal import ServiceLifecycle

/// Runs a service once the gate is open, so that no job is claimed before it can be stored.
struct GatedService: ServiceWrapper {
    let gate: DatabaseGate
    let service: any Service

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await gate.opened() }
        } catch is CancellationError {
            return
        }
        guard gate.isOpen else { return }
        try await service.run()
    }
}
