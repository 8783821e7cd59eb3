internal import Console
internal import GraphClient
internal import JobEngine
internal import JobQueue
internal import Logging
internal import Media
internal import MediaFiles
internal import NIOCore
internal import NIOPosix
internal import OperationsKit
internal import Outbound
internal import OutboundLanes
internal import Postgres
internal import QueueAdministration
internal import RedisClient
internal import ServiceLifecycle
internal import Tenants

/// Builds the Worker's services and runs them until the process is told to stop.
struct WorkerApplication {
    /// What every part stands on.
    private struct Ground {
        let pool: PostgresPool
        let client: RedisClient
        let gate: DatabaseGate
        let registry: PrometheusRegistry
        let eventLoop: any EventLoop
    }

    /// A part of the Worker that runs: its services in the order of a service group, the last is stopped first.
    private struct Part {
        let services: [any Service]
        let readiness: @Sendable () -> Readiness
    }

    let configuration: WorkerConfiguration
    let logger: Logger

    func run() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        let registry = PrometheusRegistry()
        registry.addProcessMetrics()
        bootstrapMetrics(registry)
        let pool = PostgresPool(
            configuration: configuration.database, size: configuration.postgresConnections, logger: logger)
        let ground = Ground(
            pool: pool,
            client: RedisClient(configuration: configuration.redis, eventLoop: eventLoop, logger: logger),
            gate: DatabaseGate(pool: pool, keys: configuration.encryptionKeys, logger: logger), registry: registry,
            eventLoop: eventLoop)
        for queue in QueueName.allCases {
            QueueGauges.register(
                QueueKeys(prefix: configuration.queuePrefix, queue: queue), client: ground.client, registry: registry)
        }
        RedisGauges.register(ground.client, registry: registry)
        var parts: [Part] = []
        if configuration.runs(.inbound) { parts += [inbound(ground), media(ground)] }
        if configuration.runs(.outbound) { parts.append(try outbound(ground)) }
        if configuration.runs(.console), let port = configuration.console.port {
            parts.append(console(ground, port: port))
        }
        let readiness = parts.map(\.readiness)
        let ops = OpsServer(
            host: configuration.opsHost, port: configuration.opsPort, registry: registry,
            readiness: { await Self.readiness(of: readiness, gate: ground.gate, pool: pool) }, logger: logger)
        try await runServices(
            [ops, ground.client, pool, ground.gate] + parts.flatMap(\.services), logger: logger,
            gracefulShutdownSeconds: WorkerConfiguration.stopSeconds)
    }

    /// Stores what Meta's webhooks say.
    private func inbound(_ ground: Ground) -> Part {
        let metrics = InboundMetrics(registry: ground.registry)
        let consumer = JobConsumer(
            keys: QueueKeys(prefix: configuration.queuePrefix, queue: .inbound), client: ground.client,
            redis: configuration.redis, eventLoop: ground.eventLoop, settings: configuration.inbound,
            processor: InboundProcessor(pool: ground.pool, metrics: metrics, logger: logger),
            registry: ground.registry, logger: logger)
        return Part(
            services: [
                UnroutedSweeper(pool: ground.pool, gate: ground.gate, metrics: metrics, logger: logger),
                GatedService(gate: ground.gate, service: ConversationSweeper(pool: ground.pool, logger: logger)),
                GatedService(
                    gate: ground.gate,
                    service: RetentionSweeper(pool: ground.pool, days: configuration.retentionDays, logger: logger)),
                GatedService(gate: ground.gate, service: consumer),
            ],
            readiness: { consumer.readiness })
    }

    /// Fetches the files that came with messages.
    private func media(_ ground: Ground) -> Part {
        let media = MediaServices(
            pool: ground.pool, prefix: configuration.queuePrefix, client: ground.client, redis: configuration.redis,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(), graph: GraphClient(configuration.graph),
            fetcher: MediaFetcher(hosts: configuration.mediaHosts, connections: configuration.media.concurrency),
            sealer: TokenSealer(ring: configuration.encryptionKeys), storage: configuration.media.storage,
            concurrency: configuration.media.concurrency, drain: configuration.inbound.drain,
            registry: ground.registry, logger: logger)
        return Part(
            services: media.services.map { GatedService(gate: ground.gate, service: $0) },
            readiness: { media.readiness })
    }

    /// Sends what is asked for.
    private func outbound(_ ground: Ground) throws -> Part {
        let outbound = OutboundServices(
            pool: ground.pool, prefix: configuration.queuePrefix, client: ground.client, redis: configuration.redis,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(), graph: GraphClient(configuration.graph),
            sealer: TokenSealer(ring: configuration.encryptionKeys), settings: configuration.outbound,
            registry: ground.registry, logger: logger)
        LaneGauges.register(outbound.lanes, registry: ground.registry)
        let lanes = outbound.lanes
        let outbox = OutboxListener(
            configuration: configuration.database, pool: ground.pool, logger: logger,
            push: { turns in try? await lanes.pushTurns(turns) })
        return Part(
            services: ([outbox] + outbound.services).map { GatedService(gate: ground.gate, service: $0) },
            readiness: { outbound.readiness })
    }

    /// Serves the pages and the API. It listens while Postgres is away, and says so.
    private func console(_ ground: Ground, port: Int) -> Part {
        let pool = PostgresPool(
            configuration: configuration.database, size: ConsoleServices.postgresConnections, logger: logger)
        let services = ConsoleServices(
            configuration: configuration.console, database: pool,
            connect: { [database = configuration.database] in try await PostgresConnection.connect(database) },
            redis: ground.client,
            prefix: configuration.queuePrefix, sealer: TokenSealer(ring: configuration.encryptionKeys),
            graph: GraphClient(configuration.graph), files: configuration.media.storage, logger: logger)
        let server = ConsoleServer(services: services, port: port)
        return Part(services: [pool, server], readiness: { server.readiness })
    }

    private static func readiness(
        of parts: [@Sendable () -> Readiness], gate: DatabaseGate, pool: PostgresPool
    ) async -> Readiness {
        guard gate.isOpen else { return .notReady("Postgres has not answered yet, or its schema was not checked") }
        do {
            try await pool.ping()
        } catch {
            return .notReady("Postgres does not answer: \(error)")
        }
        for part in parts {
            switch part() {
            case .ready: continue
            case .notReady(let reason): return .notReady(reason)
            }
        }
        return .ready
    }
}
