import Foundation
import GraphSimulator
import TestSupport

/// Everything that the performance stands on: servers, simulator and our processes.
final class StageSet: Sendable {
    let folder: RunFolder
    let redis: RedisServer
    let postgres: PostgresServer
    let simulator: GraphSimulator
    let settings: StageSettings
    let apiKey: String
    let tenantID: String
    let ingress: [(service: StageService, port: Int)]
    let worker: StageService

    var services: [StageService] { ingress.map(\.service) + [worker] }
    var ports: [Int] { ingress.map(\.port) }

    private init(
        foundations: Foundations, settings: StageSettings, tenant: (id: String, key: String),
        ingress: [(service: StageService, port: Int)], worker: StageService
    ) {
        folder = foundations.folder
        redis = foundations.redis
        postgres = foundations.postgres
        simulator = foundations.simulator
        self.settings = settings
        apiKey = tenant.key
        tenantID = tenant.id
        self.ingress = ingress
        self.worker = worker
    }

    /// What our processes need before they can start.
    struct Foundations: Sendable {
        let folder: RunFolder
        let redis: RedisServer
        let postgres: PostgresServer
        let simulator: GraphSimulator

        static func lay() async throws -> Foundations {
            let folder = try RunFolder()
            var redisOptions = RedisServer.Options()
            redisOptions.appendOnly = true
            redisOptions.appendFsync = .always
            redisOptions.folder = folder.redis
            let redis = try await RedisServer.start(redisOptions)
            Terminal.show("Redis        127.0.0.1:\(redis.port)  (append-only, appendfsync always, noeviction)")

            var postgresOptions = PostgresServer.Options()
            postgresOptions.password = StageSettings.randomHex(24)
            postgresOptions.folder = folder.postgres
            let postgres = try await PostgresServer.start(postgresOptions)
            let elsewhere =
                folder.postgres == nil
                ? "  (data in a temporary folder: the user postgres may not enter \(folder.path))" : ""
            Terminal.show("Postgres     127.0.0.1:\(postgres.port)\(elsewhere)")

            let simulator = try await GraphSimulator.start(numbers: [Screenplay.number])
            Terminal.show("Graph API    \(simulator.url)  (simulated)")
            return Foundations(folder: folder, redis: redis, postgres: postgres, simulator: simulator)
        }
    }

    /// Prepares the database, then starts two Ingress and a Worker and waits until they are ready.
    /// - Parameter started: Told of each process as soon as it runs, so that it can be stopped whatever comes.
    static func build(on foundations: Foundations, started: (StageService) -> Void) async throws -> StageSet {
        let binary = (ingress: try builtBinary(named: "ingress"), worker: try builtBinary(named: "worker"))
        let database = try await foundations.postgres.createDatabase("quoteline")
        let command = WorkerCommand(executable: binary.worker)
        let settings = StageSettings(
            redisURL: foundations.redis.url, databaseURL: database, graphURL: foundations.simulator.url,
            encryptionKey: try await command.generateKey(), appSecret: StageSettings.randomHex(32),
            verifyToken: StageSettings.randomHex(16))
        let workerOps = try StageSettings.port(from: 9_102, except: [])
        let environment = settings.worker(opsPort: workerOps)
        try await command.migrate(environment)
        Terminal.show("Database     migrated")
        let tenant = try await command.createTenant(environment)
        Terminal.show("Tenant       \(tenant.id) has the number \(Screenplay.number.phoneNumberID)")

        // 8081 is where the Worker's console belongs.
        var ports = [8_081]
        var opsPorts = [workerOps]
        var ingress: [(service: StageService, port: Int)] = []
        for number in 1...2 {
            let port = try StageSettings.port(from: 8_080, except: ports)
            let opsPort = try StageSettings.port(from: 9_101, except: opsPorts)
            ports.append(port)
            opsPorts.append(opsPort)
            let service = StageService(
                "ingress-\(number)", executable: binary.ingress,
                environment: settings.ingress(port: port, opsPort: opsPort), opsPort: opsPort,
                logs: foundations.folder.logs)
            ingress.append((service, port))
        }
        let worker = StageService(
            "worker", executable: binary.worker, arguments: ["run"], environment: environment, opsPort: workerOps,
            logs: foundations.folder.logs)
        for service in ingress.map(\.service) + [worker] {
            started(service)
            try service.start()
        }
        for (service, port) in ingress {
            try await service.waitUntilReady()
            Terminal.show(
                "\(service.name)    http://127.0.0.1:\(port)\(CustomerPlayer.path)  (pid \(service.pid ?? 0))")
        }
        try await worker.waitUntilReady()
        Terminal.show("worker       ready  (pid \(worker.pid ?? 0))")
        return StageSet(
            foundations: foundations, settings: settings, tenant: tenant, ingress: ingress, worker: worker)
    }
}
