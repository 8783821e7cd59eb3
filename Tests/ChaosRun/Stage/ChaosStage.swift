import GraphSimulator
import TestSupport

/// Everything that a run stands on: three Ingress behind nginx, four Workers (one of them behind a proxy that can fall
/// silent), a Redis that keeps what it acknowledged, Postgres, and a simulator in Meta's place that is slow and at times
/// cuts, refuses or forgets to answer.
final class ChaosStage: Sendable {
    /// Seconds for which a send whose outcome is unknown waits for a status.
    static let unknownGrace = 20

    let deployment: Deployment
    let tenant: WorkerCommand.Tenant
    let number: BusinessNumber
    let ingress: [ServiceProcess]
    let workers: [ServiceProcess]
    let nginx: NginxServer
    let proxy: SilentProxy
    let simulator: GraphSimulator

    var redis: RedisServer { deployment.redis }
    var postgres: PostgresServer { deployment.postgres }

    /// Starts everything and waits until it is ready. What was started is ended when this fails.
    /// - Parameter logs: Where the processes' logs are kept; in a temporary folder if nil.
    static func start(logs: String?) async throws -> ChaosStage {
        _ = try ExecutableLookup.find("nginx", package: "nginx")
        let number = BusinessNumber()
        let simulator = try await GraphSimulator.start(
            numbers: [number],
            options: .init(statuses: StatusPlan(["sent", "delivered"], delayMilliseconds: 100, batch: 10)))
        misbehave(simulator)
        var options = Deployment.Options()
        options.logs = logs
        options.graphURL = simulator.url
        options.environment = ["SEND_UNKNOWN_GRACE_SECONDS": "\(unknownGrace)"]
        let deployment = try await Deployment.start(options)
        do {
            return try await start(on: deployment, number, simulator)
        } catch {
            await simulator.stop()
            await deployment.stop()
            throw error
        }
    }

    /// Each strikes a message's first attempt only; every other answer takes so long that a Worker is seldom killed without
    /// sends under way.
    private static func misbehave(_ simulator: GraphSimulator) {
        simulator.script(ScriptRule(.refuse(GraphError(code: 130_429)), probability: 0.03, firstAttemptOnly: true))
        simulator.script(ScriptRule(.cutBefore, probability: 0.03, firstAttemptOnly: true))
        simulator.script(ScriptRule(.cutAfter, probability: 0.03, firstAttemptOnly: true))
        simulator.script(ScriptRule(.loseAnswer, probability: 0.01, firstAttemptOnly: true))
        simulator.script(ScriptRule(.take, latencyMilliseconds: 300))
    }

    private static func start(
        on deployment: Deployment, _ number: BusinessNumber, _ simulator: GraphSimulator
    ) async throws -> ChaosStage {
        let tenant = try await deployment.command.createTenant(
            number.verifiedName, phoneNumberID: number.phoneNumberID, wabaID: number.wabaID,
            accessToken: number.accessToken)
        var ingress: [ServiceProcess] = []
        for _ in 0..<FaultPlan.ingress { ingress.append(try await deployment.startIngress(ready: false)) }
        let proxy = try await SilentProxy.start(to: deployment.redis.port)
        var workers: [ServiceProcess] = []
        for index in 0..<FaultPlan.workers {
            let environment =
                index == FaultPlan.silencedWorker ? ["REDIS_URL": "redis://127.0.0.1:\(proxy.port)/0"] : [:]
            workers.append(try await deployment.startWorker(environment: environment, ready: false))
        }
        for service in ingress + workers { try await service.waitUntilReady(within: .seconds(60)) }
        let nginx = try await NginxServer.start(before: ingress.compactMap(\.port))
        await simulator.postWebhooks(
            to: [IngressAddress(port: nginx.port)], appSecret: deployment.settings.appSecret)
        return ChaosStage(
            deployment: deployment, tenant: tenant, number: number, ingress: ingress, workers: workers, nginx: nginx,
            proxy: proxy, simulator: simulator)
    }

    private init(
        deployment: Deployment, tenant: WorkerCommand.Tenant, number: BusinessNumber, ingress: [ServiceProcess],
        workers: [ServiceProcess], nginx: NginxServer, proxy: SilentProxy, simulator: GraphSimulator
    ) {
        self.deployment = deployment
        self.tenant = tenant
        self.number = number
        self.ingress = ingress
        self.workers = workers
        self.nginx = nginx
        self.proxy = proxy
        self.simulator = simulator
    }

    /// Ends everything, also what a fault left standing still.
    /// - Returns: What did not end as it should.
    func stop() async -> [String] {
        for service in ingress + workers { try? service.managed.resume() }
        try? redis.resume()
        await simulator.stop()
        var complaints = await deployment.stop()
        await proxy.stop()
        do { try await nginx.stop() } catch { complaints.append("\(error)") }
        return complaints
    }
}
