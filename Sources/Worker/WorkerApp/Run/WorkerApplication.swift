internal import JobEngine
internal import JobQueue
internal import Logging
internal import NIOPosix
internal import OperationsKit
internal import Postgres
internal import RedisClient
internal import ServiceLifecycle

/// Builds the Worker's services and runs them until the process is told to stop.
struct WorkerApplication {
    /// What runs in this process.
    let configuration: WorkerConfiguration
    let logger: Logger

    func run() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        let registry = PrometheusRegistry()
        registry.addProcessMetrics()
        bootstrapMetrics(registry)
        // A connection for each batch in work, one for the sweeps, one for readiness.
        let pool = PostgresPool(
            configuration: configuration.database, size: configuration.inboundConsumers + 2, logger: logger)
        let client = RedisClient(configuration: configuration.redis, eventLoop: eventLoop, logger: logger)
        let gate = DatabaseGate(pool: pool, keys: configuration.encryptionKeys, logger: logger)
        let metrics = InboundMetrics(registry: registry)
        let keys = QueueKeys(prefix: configuration.queuePrefix, queue: .inbound)
        let consumer = JobConsumer(
            keys: keys, client: client, redis: configuration.redis, eventLoop: eventLoop,
            settings: configuration.inbound,
            processor: InboundProcessor(pool: pool, metrics: metrics, logger: logger), registry: registry,
            logger: logger)
        QueueGauges.register(keys, client: client, registry: registry)
        let ops = OpsServer(
            host: configuration.opsHost, port: configuration.opsPort, registry: registry,
            readiness: { await Self.readiness(of: consumer, gate: gate, pool: pool) }, logger: logger)
        let services: [any Service] = [
            ops, client, pool, gate, UnroutedSweeper(pool: pool, gate: gate, metrics: metrics, logger: logger),
            GatedService(gate: gate, service: consumer),
        ]
        try await runServices(services, logger: logger, gracefulShutdownSeconds: WorkerConfiguration.stopSeconds)
    }

    private static func readiness(
        of consumer: JobConsumer, gate: DatabaseGate, pool: PostgresPool
    ) async -> Readiness {
        guard gate.isOpen else { return .notReady("Postgres has not answered yet, or its schema was not checked") }
        do {
            try await pool.ping()
        } catch {
            return .notReady("Postgres does not answer: \(error)")
        }
        return consumer.readiness
    }
}

/// Runs a service once the gate is open, so that no job is claimed before it can be stored.
struct GatedService: Service {
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
