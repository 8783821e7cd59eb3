import Synchronization

/// The whole product on this machine: a private Redis and Postgres, migrated, and as many Ingress and Workers (the real
/// binaries) as asked for.
public final class Deployment: Sendable {
    public struct Options: Sendable {
        public var redis = RedisServer.Options.durable
        public var postgres = PostgresServer.Options()
        /// Where sends go: a simulator's URL. Without one, to a port where nothing listens.
        public var graphURL: String?
        /// More environment variables, for all processes.
        public var environment: [String: String] = [:]
        /// Where the processes' logs are kept; in a temporary folder if nil.
        public var logs: String?
        /// Where the Workers keep files; in a temporary folder if nil.
        public var media: String?

        public init() {}
    }

    public let redis: RedisServer
    public let postgres: PostgresServer
    public let settings: DeploymentSettings
    public let command: WorkerCommand
    private let logs: String
    private let temporary: TemporaryFolder?
    /// Where the Workers keep files.
    public let media: String
    private let temporaryMedia: TemporaryFolder?
    private let started = Mutex<[ServiceProcess]>([])

    /// Starts the servers, makes a database and a key, and migrates.
    /// - Throws: ``TestSupportError`` that says what is missing or did not work.
    public static func start(_ options: Options = Options()) async throws -> Deployment {
        async let redis = RedisServer.start(options.redis)
        async let postgres = PostgresServer.start(options.postgres)
        return try await start(options, redis: redis, postgres: postgres)
    }

    /// The same on servers that run already; the database `quoteline` must not exist yet.
    public static func start(
        _ options: Options, redis: RedisServer, postgres: PostgresServer
    ) async throws -> Deployment {
        let database = try await postgres.createDatabase("quoteline")
        let graphURL = try options.graphURL ?? "http://127.0.0.1:\(freePort())"
        let temporaryMedia = try options.media == nil ? TemporaryFolder("media") : nil
        let media = options.media ?? temporaryMedia?.file("files") ?? "/"
        let settings = DeploymentSettings(
            redisURL: redis.url, databaseURL: database, graphURL: graphURL,
            encryptionKey: try await WorkerCommand(environment: [:]).generateKey(),
            appSecret: DeploymentSettings.randomHex(32), verifyToken: DeploymentSettings.randomHex(16),
            more: ["MEDIA_FOLDER": media].merging(options.environment) { $1 })
        let deployment = try Deployment(
            options, redis: redis, postgres: postgres, settings: settings, media: media, temporaryMedia: temporaryMedia)
        try await deployment.command.output("migrate")
        return deployment
    }

    private init(
        _ options: Options, redis: RedisServer, postgres: PostgresServer, settings: DeploymentSettings, media: String,
        temporaryMedia: TemporaryFolder?
    ) throws {
        self.redis = redis
        self.postgres = postgres
        self.settings = settings
        self.media = media
        self.temporaryMedia = temporaryMedia
        command = try WorkerCommand(environment: settings.worker(opsPort: freePort()))
        let temporary = try options.logs == nil ? TemporaryFolder("logs") : nil
        self.temporary = temporary
        logs = options.logs ?? temporary?.path ?? "/"
    }

    /// Every process that was started here, in order.
    public var services: [ServiceProcess] { started.withLock { $0 } }

    /// Starts an Ingress.
    /// - Parameters:
    ///   - port: Any free one if nil.
    ///   - ready: Whether to wait until it is ready.
    public func startIngress(
        port: Int? = nil, opsPort: Int? = nil, environment: [String: String] = [:], ready: Bool = true
    ) async throws -> ServiceProcess {
        let port = try port ?? freePort()
        let opsPort = try opsPort ?? freePort()
        let service = ServiceProcess(
            name("ingress"), executable: try builtBinary(named: "ingress"), arguments: [],
            environment: settings.ingress(port: port, opsPort: opsPort).merging(environment) { $1 }, port: port,
            opsPort: opsPort, logs: logs)
        return try await start(service, ready: ready)
    }

    /// Starts a Worker: `worker run` and `arguments`.
    public func startWorker(
        _ arguments: [String] = [], opsPort: Int? = nil, environment: [String: String] = [:], ready: Bool = true
    ) async throws -> ServiceProcess {
        let opsPort = try opsPort ?? freePort()
        let service = ServiceProcess(
            name("worker"), executable: try builtBinary(named: "worker"), arguments: ["run"] + arguments,
            environment: settings.worker(opsPort: opsPort).merging(environment) { $1 }, port: nil, opsPort: opsPort,
            logs: logs)
        return try await start(service, ready: ready)
    }

    /// Runs SQL in the deployment's database, see ``PostgresServer/sql(_:on:)``.
    @discardableResult
    public func sql(_ text: String) async throws -> String {
        try await postgres.sql(text, on: settings.databaseURL)
    }

    /// How many jobs the queue holds.
    public func depths(_ queue: String = "inbound") async throws -> QueueDepths {
        try await QueueDepths.read(queue, from: redis)
    }

    /// Stops every process and then the servers. What does not end in time is killed.
    /// - Returns: What did not end as it should; empty if all did.
    @discardableResult
    public func stop() async -> [String] {
        await withTaskGroup(of: String?.self) { group in
            for service in services {
                group.addTask { await Self.complaint { try await service.stop() } }
            }
            var complaints = await group.reduce(into: []) { $0.append($1) }
            complaints.append(await Self.complaint { try await self.postgres.stop() })
            complaints.append(await Self.complaint { try await self.redis.stop() })
            return complaints.compactMap { $0 }
        }
    }

    private static func complaint(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func name(_ kind: String) -> String {
        "\(kind)-\(services.count { $0.name.hasPrefix(kind) } + 1)"
    }

    private func start(_ service: ServiceProcess, ready: Bool) async throws -> ServiceProcess {
        try service.start()
        started.withLock { $0.append(service) }
        if ready { try await service.waitUntilReady() }
        return service
    }
}
