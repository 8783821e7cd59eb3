public import GraphClient
internal import JobEngine
internal import JobLifecycle
internal import JobQueue
public import Logging
public import MediaFiles
public import NIOCore
public import OperationsKit
internal import Outbound
internal import OutboundLanes
public import Postgres
public import RedisClient
public import ServiceLifecycle
public import Tenants

/// All that fetches files: the consumer of the queue `media`, and the sweeps behind it.
public struct MediaServices: Sendable {
    /// Connections to Postgres that it uses at once: a job uses one for moments only.
    public static let postgresConnections = 2
    /// For one download.
    private static let deadline: Duration = .seconds(240)
    /// About six hours in all: long enough for troubles of Meta's, well before it forgets the file.
    private static let retry = RetryPolicy(base: 5_000, cap: 3_600_000, maximumAttempts: 16, maximumAge: nil)

    /// In the order in which they are to stand in a service group: the last is stopped first.
    public let services: [any Service]
    private let consumer: JobConsumer

    /// - Parameters:
    ///   - prefix: `QUEUE_PREFIX`.
    ///   - drain: how long a download may go on after the order to stop.
    public init(
        pool: PostgresPool, prefix: String, client: RedisClient, redis: RedisConfiguration,
        eventLoop: any EventLoop, graph: GraphClient, fetcher: MediaFetcher, sealer: TokenSealer,
        storage: any MediaStorage, concurrency: Int, drain: Duration, registry: PrometheusRegistry, logger: Logger
    ) {
        let keys = QueueKeys(prefix: prefix, queue: .media)
        let metrics = MediaMetrics(registry: registry)
        let lanes = OutboundLanes(keys: QueueKeys(prefix: prefix, queue: .outbound), client: client)
        let processor = MediaProcessor(
            pool: pool,
            attempt: MediaAttempt(graph: graph, fetcher: fetcher, storage: storage, deadline: Self.deadline),
            sealer: sealer, pauses: NumberPauses(pool: pool, lanes: lanes, logger: logger), retry: Self.retry,
            metrics: metrics, logger: logger)
        // One job in a batch: each is settled when its own file is there. The row counts the attempts.
        var settings = ConsumerConfiguration(
            consumers: concurrency, batch: 1,
            lifecycle: JobLifecycle(
                policy: RetryPolicy(base: 1_000, cap: 300_000, maximumAttempts: 10, maximumAge: nil)))
        settings.drain = drain
        consumer = JobConsumer(
            keys: keys, client: client, redis: redis, eventLoop: eventLoop, settings: settings, processor: processor,
            registry: registry, logger: logger)
        services = [
            MediaSweeper(
                pool: pool, keys: keys, client: client, storage: storage, metrics: metrics, logger: logger),
            consumer,
        ]
    }

    /// Whether the consuming connection heard from Redis lately, or why not.
    public var readiness: Readiness { consumer.readiness }
}
