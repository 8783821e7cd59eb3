import GraphSimulator
import TestSupport

/// Everything that a run stands on: three Ingress behind nginx, four Workers (one of them behind a proxy that can fall
/// silent), a Redis that keeps what it acknowledged, and Postgres.
final class ChaosStage: Sendable {
    let deployment: Deployment
    let tenant: WorkerCommand.Tenant
    let number: BusinessNumber
    let ingress: [ServiceProcess]
    let workers: [ServiceProcess]
    let nginx: NginxServer
    let proxy: SilentProxy

    var redis: RedisServer { deployment.redis }
    var postgres: PostgresServer { deployment.postgres }

    /// Starts everything and waits until it is ready. What was started is ended when this fails.
    /// - Parameter logs: Where the processes' logs are kept; in a temporary folder if nil.
    static func start(logs: String?) async throws -> ChaosStage {
        _ = try ExecutableLookup.find("nginx", package: "nginx")
        var options = Deployment.Options()
        options.logs = logs
        let deployment = try await Deployment.start(options)
        do {
            return try await start(on: deployment)
        } catch {
            await deployment.stop()
            throw error
        }
    }

    private static func start(on deployment: Deployment) async throws -> ChaosStage {
        let number = BusinessNumber()
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
        return ChaosStage(
            deployment: deployment, tenant: tenant, number: number, ingress: ingress, workers: workers, nginx: nginx,
            proxy: proxy)
    }

    private init(
        deployment: Deployment, tenant: WorkerCommand.Tenant, number: BusinessNumber, ingress: [ServiceProcess],
        workers: [ServiceProcess], nginx: NginxServer, proxy: SilentProxy
    ) {
        self.deployment = deployment
        self.tenant = tenant
        self.number = number
        self.ingress = ingress
        self.workers = workers
        self.nginx = nginx
        self.proxy = proxy
    }

    /// Ends everything, also what a fault left standing still.
    /// - Returns: What did not end as it should.
    func stop() async -> [String] {
        for service in ingress + workers { try? service.managed.resume() }
        try? redis.resume()
        var complaints = await deployment.stop()
        await proxy.stop()
        do { try await nginx.stop() } catch { complaints.append("\(error)") }
        return complaints
    }
}
