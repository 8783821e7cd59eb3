import JobQueue
public import Logging
import NIOCore
import NIOPosix
public import OperationsKit
import RedisClient
public import ServiceLifecycle
import WebhookSignature

/// Ingress, put together: takes Meta's webhooks, verifies their signatures, and enqueues them in Redis.
public struct IngressApplication: Sendable {
    /// How long stopping may take, in seconds: requests in flight first, then everything else.
    public static let gracefulShutdownSeconds = 20

    /// The public listener.
    public let server: IngressServer
    /// The operators' listener.
    public let opsServer: OpsServer
    private let clients: [RedisClient]
    private let group: MultiThreadedEventLoopGroup
    private let logger: Logger

    public init(configuration: IngressConfiguration, registry: PrometheusRegistry, logger: Logger) {
        self.logger = logger
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
        self.group = group
        var redis = configuration.redis
        if redis.clientName == nil { redis.clientName = "quoteline-ingress" }
        clients = group.makeIterator().map { RedisClient(configuration: redis, eventLoop: $0, logger: logger) }
        let keys = QueueKeys(prefix: configuration.queuePrefix, queue: .inbound)
        let shared = IngressShared(
            limits: configuration.limits, token: configuration.token, verifier: configuration.verifier,
            metrics: IngressMetrics(registry: registry, secrets: configuration.verifier.secretCount), logger: logger)
        server = IngressServer(
            host: configuration.host, port: configuration.port, shared: shared, keys: keys, clients: clients,
            group: group, logger: logger)
        let probe = ReadinessProbe(clients: clients, keys: keys)
        opsServer = OpsServer(
            host: configuration.opsHost, port: configuration.opsPort, registry: registry, eventLoopGroup: group,
            readiness: { await probe.readiness() }, logger: logger)
        Self.registerGauges(registry, shared: shared, clients: clients)
    }

    /// The whole process: reads the settings, then runs until SIGTERM or SIGINT.
    /// - Throws: `SettingError` before anything is opened; else what made a service fail.
    public static func run(settings: Settings) async throws {
        ProcessResources.keepLargeBuffersApart()
        var configuration = try IngressConfiguration(settings)
        configuration.limits.connections = min(configuration.limits.connections, ProcessResources.raiseOpenFiles())
        bootstrapLogging(configuration.log)
        let registry = PrometheusRegistry()
        registry.addProcessMetrics()
        let logger = Logger(label: "ingress")
        try await IngressApplication(configuration: configuration, registry: registry, logger: logger).run()
    }

    /// In the order of dependence: the ops server stops last, the listener first.
    public var services: [any Service] {
        [opsServer as any Service] + clients.map { $0 as any Service } + [server as any Service]
    }

    /// Runs until SIGTERM or SIGINT.
    /// - Throws: What made a service fail, above all a port that cannot be had.
    public func run() async throws {
        let result: Result<Void, any Error>
        do {
            try await runServices(services, logger: logger, gracefulShutdownSeconds: Self.gracefulShutdownSeconds)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await shutDownEventLoops()
        try result.get()
    }

    /// Ends the event loops' threads, after all services have ended.
    public func shutDownEventLoops() async {
        do {
            try await group.shutdownGracefully()
        } catch {
            logger.warning("event loops did not shut down cleanly", metadata: ["error": "\(error)"])
        }
    }

    private static func registerGauges(
        _ registry: PrometheusRegistry, shared: IngressShared, clients: [RedisClient]
    ) {
        registry.onScrape { samples in
            samples.gauge(
                "quoteline_ingress_inflight_bytes",
                help: "Body bytes held until Redis has acknowledged them.", Double(shared.budget.bytes))
            samples.gauge(
                "quoteline_ingress_connections", help: "Open connections.", Double(shared.connections.value))
            samples.gauge(
                "quoteline_ingress_redis_connections", help: "Event loops whose Redis connection is up.",
                Double(clients.count { $0.isConnected }))
        }
    }
}
