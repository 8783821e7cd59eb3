public import GraphClient
internal import JobEngine
internal import JobLifecycle
internal import JobQueue
public import Logging
public import NIOCore
public import OperationsKit
public import OutboundLanes
public import Postgres
public import RedisClient
internal import SendPolicy
public import ServiceLifecycle
public import Tenants

/// All that sends: admission, the lanes' consumer, and the sweeps behind them.
public struct OutboundServices: Sendable {
    /// In the order in which they are to stand in a service group: the last is stopped first.
    public let services: [any Service]
    public let lanes: OutboundLanes
    private let admission: JobConsumer
    private let sending: JobConsumer
    let sweeper: SendSweeper

    /// - Parameters:
    ///   - pool: with ``OutboundSettings/postgresConnections`` connections to spare.
    ///   - prefix: `QUEUE_PREFIX`.
    ///   - graph: with as many connections as the settings have sends at once.
    public init(
        pool: PostgresPool, prefix: String, client: RedisClient, redis: RedisConfiguration,
        eventLoop: any EventLoop, graph: GraphClient, sealer: TokenSealer, settings: OutboundSettings,
        registry: PrometheusRegistry, logger: Logger
    ) {
        let keys = QueueKeys(prefix: prefix, queue: .outbound)
        let metrics = SendMetrics(registry: registry)
        let writer = OutcomeWriter(pool: pool, logger: logger)
        let lanes = OutboundLanes(keys: keys, client: client)
        let recipients = RecipientThrottle(keys: keys, client: client)
        let gates = NumberGates()
        let pauses = NumberPauses(pool: pool, lanes: lanes, logger: logger)
        let brakes = Brakes(lanes: lanes, recipients: recipients, pauses: pauses, gates: gates, logger: logger)
        let owners = OwnerWatch(pool: pool, keys: keys, client: client, metrics: metrics, logger: logger)
        let identity = SenderIdentity()
        let reach = GraphReach(logger: logger)
        let processor = SendProcessor(
            starter: SendStarter(pool: pool, tokens: TokenCache(sealer: sealer), logger: logger),
            flight: SendFlight(
                pool: pool, graph: graph, reach: reach, gates: gates, writer: writer, brakes: brakes, lanes: lanes,
                succeeded: SucceededNumbers(), metrics: metrics, logger: logger),
            recipients: recipients, owners: owners,
            refunds: TurnRefunds(lanes: lanes, recipients: recipients, logger: logger), pauses: pauses,
            identity: identity, slots: Slots(settings.concurrency), logger: logger)
        admission = JobConsumer(
            keys: keys, client: client, redis: redis, eventLoop: eventLoop,
            settings: Self.admitting(settings),
            processor: AdmissionProcessor(pool: pool, logger: logger), registry: registry, logger: logger)
        sending = JobConsumer(
            keys: keys, client: client, redis: redis, eventLoop: eventLoop,
            settings: Self.consumer(settings, consumers: settings.consumers, batch: settings.batch),
            source: identity.following(reach.guarding(LaneClaimer.factory)), processor: processor, registry: registry,
            logger: logger)
        let giver = TurnGiver(pool: pool, lanes: lanes, logger: logger)
        sweeper = SendSweeper(
            pool: pool, lanes: lanes, turns: TurnSweep(pool: pool, lanes: lanes, client: client, giver: giver),
            settings: LaneSettingSweep(pool: pool, lanes: lanes), windows: WindowSweep(pool: pool, giver: giver),
            expiries: ExpirySweep(pool: pool, metrics: metrics),
            ownerless: OwnerSweep(pool: pool, owners: owners),
            unknown: UnknownSweep(
                pool: pool, client: client, inbound: QueueKeys(prefix: prefix, queue: .inbound), watch: IntakeWatch(),
                grace: UnknownGrace(milliseconds: settings.unknownGrace.wholeMilliseconds), giver: giver,
                metrics: metrics, logger: logger),
            failures: FailureSweep(
                pool: pool, giver: giver, brakes: brakes, metrics: metrics, logger: logger),
            metrics: metrics, logger: logger)
        self.lanes = lanes
        services = [writer, sweeper, admission, sending]
    }

    /// Whether both consuming connections heard from Redis lately, or why not.
    public var readiness: Readiness {
        switch admission.readiness {
        case .ready: sending.readiness
        case .notReady(let reason): .notReady(reason)
        }
    }

    private static func admitting(_ settings: OutboundSettings) -> ConsumerConfiguration {
        var configuration = consumer(settings, consumers: 2, batch: 500)
        configuration.takesShortForms = true
        return configuration
    }

    /// No limits here: the rows have their own.
    private static func consumer(_ settings: OutboundSettings, consumers: Int, batch: Int) -> ConsumerConfiguration {
        var configuration = ConsumerConfiguration(
            consumers: consumers, batch: batch,
            lifecycle: JobLifecycle(
                policy: RetryPolicy(base: 1_000, cap: 300_000, maximumAttempts: 10, maximumAge: nil)))
        configuration.drain = settings.drain
        return configuration
    }
}
