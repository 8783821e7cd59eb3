import GraphSimulator
import Synchronization
import TestSupport

/// Everything that the performance stands on: folder, servers, simulator and our processes.
///
/// It is built step by step, so that what stands already can be struck whenever the building is interrupted.
final class StageSet: Sendable {
    private struct State {
        var redis: RedisServer?
        var postgres: PostgresServer?
        var simulator: GraphSimulator?
        var deployment: Deployment?
    }

    let folder: RunFolder
    private let state = Mutex(State())

    init(folder: RunFolder) {
        self.folder = folder
    }

    /// Starts the servers and the simulator, prepares the database, then starts two Ingress and a Worker and waits until
    /// they are ready. Says what it does.
    func build() async throws -> Playable {
        var redisOptions = RedisServer.Options.durable
        redisOptions.folder = folder.redis
        let redis = try await RedisServer.start(redisOptions)
        state.withLock { $0.redis = redis }
        Terminal.show("Redis       127.0.0.1:\(redis.port)  (append-only, appendfsync always, noeviction)")

        var postgresOptions = PostgresServer.Options()
        postgresOptions.password = DeploymentSettings.randomHex(24)
        postgresOptions.folder = folder.postgres
        let postgres = try await PostgresServer.start(postgresOptions)
        state.withLock { $0.postgres = postgres }
        let elsewhere =
            folder.postgres == nil
            ? "  (data in a temporary folder: the user postgres may not enter \(folder.path))" : ""
        Terminal.show("Postgres    127.0.0.1:\(postgres.port)\(elsewhere)")

        let simulator = try await GraphSimulator.start(
            numbers: [Screenplay.number], options: .init(throttles: .meta, statuses: .delivered))
        state.withLock { $0.simulator = simulator }
        simulator.keep(Screenplay.photo)
        Terminal.show("Graph API   \(simulator.url)  (simulated)")

        var options = Deployment.Options()
        options.graphURL = simulator.url
        options.logs = folder.logs
        options.media = folder.media
        let deployment = try await Deployment.start(options, redis: redis, postgres: postgres)
        state.withLock { $0.deployment = deployment }
        Terminal.show("Database    migrated")
        let number = Screenplay.number
        let tenant = try await deployment.command.createTenant(
            number.verifiedName, phoneNumberID: number.phoneNumberID, wabaID: number.wabaID,
            accessToken: number.accessToken)
        Terminal.show("Tenant      \(tenant.id) has the number \(number.phoneNumberID)")
        let services = try await startServices(of: deployment)
        await simulator.postWebhooks(
            to: services.ingress.compactMap(\.port).map(IngressAddress.init(port:)),
            appSecret: deployment.settings.appSecret)
        return Playable(
            deployment: deployment, simulator: simulator, tenant: tenant, ingress: services.ingress,
            worker: services.worker, consolePort: services.consolePort, operatorKey: services.operatorKey)
    }

    /// Two Ingress and a Worker, all ready.
    private func startServices(
        of deployment: Deployment
    ) async throws -> (ingress: [ServiceProcess], worker: ServiceProcess, consolePort: Int, operatorKey: String) {
        var ports = StagePorts()
        var ingress: [ServiceProcess] = []
        let consolePort = try ports.next(from: 8_081)
        let operatorKey = DeploymentSettings.randomHex(32)
        let workerOps = try ports.next(from: 9_102)
        for _ in 1...2 {
            let port = try ports.next(from: 8_080)
            let service = try await deployment.startIngress(port: port, opsPort: ports.next(from: 9_101))
            Terminal.show(
                "\(service.name)   http://127.0.0.1:\(port)\(CustomerPlayer.path)  (pid \(service.pid ?? 0))")
            ingress.append(service)
        }
        let worker = try await deployment.startWorker(
            opsPort: workerOps,
            environment: ["CONSOLE_PORT": String(consolePort), "CONSOLE_OPERATOR_KEY": operatorKey])
        Terminal.show("\(worker.name)    ready  (pid \(worker.pid ?? 0))")
        return (ingress, worker, consolePort, operatorKey)
    }

    /// Ends everything, in the order in which nothing is lost. Takes bounded time.
    func strike() async {
        let built = state.withLock { $0 }
        await built.simulator?.stop()
        var complaints: [String] = []
        if let deployment = built.deployment {
            complaints = await deployment.stop()
        } else {
            do {
                try await built.postgres?.stop()
                try await built.redis?.stop()
            } catch {
                complaints = ["\(error)"]
            }
        }
        for complaint in complaints { Terminal.complain(complaint) }
        Terminal.show("Everything is stopped. The logs are in \(RunFolder.name)/logs.")
    }
}
