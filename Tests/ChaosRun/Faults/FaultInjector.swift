import Identifiers
import TestSupport

/// Does one fault to the running system, sees to it that it had its effect, and makes it good again.
struct FaultInjector: Sendable {
    /// A Worker is dead after this long without a heartbeat.
    static let lease: Duration = .seconds(10)
    /// How long anything may take to come back on a busy machine, with other faults in its way.
    static let patience: Duration = .seconds(60)

    let stage: ChaosStage
    let probe: QueueProbe
    let history: RunHistory
    let sent: SentItems

    /// - Returns: What was seen of its effect.
    /// - Throws: `TestSupportError` when it had none, or what it hit did not come back.
    func inject(_ fault: PlannedFault) async throws -> String {
        switch fault.kind {
        case .workerKill: try await killWorker(stage.workers[fault.target])
        case .workerStop: try await stopWorker(stage.workers[fault.target])
        case .workerTerminate: try await terminateWorker(stage.workers[fault.target])
        case .workerSilence: try await silence(stage.workers[fault.target])
        case .ingressKill: try await killIngress(stage.ingress[fault.target])
        case .ingressStop: try await stopIngress(stage.ingress[fault.target], for: fault.length)
        case .ingressTerminate: try await terminateIngress(stage.ingress[fault.target])
        case .redisKill: try await killRedis(for: fault.length)
        case .redisStop: try await stopRedis(for: fault.length)
        case .clientKill: try await killClients()
        case .blockedClientKill: try await killBlockedClients()
        case .clientPause: try await pauseClients(for: fault.length)
        case .postgresKill: try await killPostgres(for: fault.length)
        case .backendTermination: try await terminateBackends()
        }
    }

    /// Runs `body` while the watch over unexpected ends, and every other fault, leaves the service alone. A fault that takes
    /// longer than planned, since Redis stood still meanwhile, so holds up the next one of the same service.
    func treating(_ service: ServiceProcess, _ body: () async throws -> String) async throws -> String {
        try await waitUntil("the fault before to be over at \(service.name)", within: Self.patience * 4) {
            history.beginTreating(service.name)
        }
        defer { history.endTreating(service.name) }
        return try await body()
    }

    /// Starts a service again that has ended, and waits until it is ready.
    func restart(_ service: ServiceProcess) async throws {
        try service.start()
        try await service.waitUntilReady(within: Self.patience)
    }

    func pid(of service: ServiceProcess) throws -> Int32 {
        guard let pid = service.pid, service.exitStatus == nil else {
            throw TestSupportError("\(service.name) does not run")
        }
        return pid
    }

    func expect(_ condition: Bool, _ complaint: @autoclosure () -> String) throws {
        guard condition else { throw TestSupportError(complaint()) }
    }

    /// Waits, then tells whether any webhook was answered with 200 meanwhile, the first moments aside in which answers
    /// given before still arrive; what is shorter than those is only waited for. Nothing is acknowledged that Redis has not acknowledged.
    func expectNoAcceptance(for length: Duration, while what: String) async throws {
        let settling: Duration = .seconds(1.5)
        guard length > settling else { return try await Task.sleep(for: length) }
        try await Task.sleep(for: settling)
        let before = sent.acceptances
        try await Task.sleep(for: length - settling)
        let after = sent.acceptances
        try expect(after == before, "\(after - before) webhooks were answered with 200 while \(what)")
    }
}
