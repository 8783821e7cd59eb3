internal import Identifiers
internal import JobLifecycle
public import JobQueue
public import Logging
public import NIOCore
public import OperationsKit
public import RedisClient
public import ServiceLifecycle
internal import Synchronization

/// Consumes one queue: claims, works, settles, renews its lease, recovers the jobs of dead workers and promotes due ones.
///
/// It lives through a series of sessions, each under a fresh worker id: a worker that was declared dead stops what it
/// holds and comes back under a new id.
public final class JobConsumer: Service {
    private let store: JobStore
    private let settings: ConsumerConfiguration
    private let redis: RedisConfiguration
    private let eventLoop: any EventLoop
    private let makeSource: JobSourceFactory
    private let processor: any BatchProcessor
    private let metrics: JobMetrics
    private let logger: Logger
    private let current = Mutex<ConsumerSession?>(nil)

    /// - Parameter source: where the jobs come from; nil for the queue's waiting list.
    public init(
        keys: QueueKeys, client: RedisClient, redis: RedisConfiguration, eventLoop: any EventLoop,
        settings: ConsumerConfiguration, source: JobSourceFactory? = nil, processor: any BatchProcessor,
        registry: PrometheusRegistry, logger: Logger
    ) {
        store = JobStore(keys: keys, client: client)
        self.redis = redis
        self.eventLoop = eventLoop
        self.settings = settings
        makeSource = source ?? { JobClaimer($0) }
        self.processor = processor
        metrics = JobMetrics(queue: keys.queue, registry: registry)
        var logger = logger
        logger[metadataKey: "queue"] = "\(keys.queue.rawValue)"
        self.logger = logger
        let labels = [("queue", keys.queue.rawValue), ("source", source == nil ? "ready" : "lanes")]
        registry.onScrape { [weak self] samples in
            guard let last = self?.current.withLock({ $0 })?.lastRoundTrip else { return }
            let silence = last.duration(to: .now)
            samples.gauge(
                "quoteline_consumer_last_poll_timestamp_seconds",
                help: "When the consuming connection last heard from Redis.", labels: labels,
                Double(UnixClock.milliseconds()) / 1_000 - Double(silence.components.seconds)
                    - Double(silence.components.attoseconds) * 1e-18)
        }
    }

    /// Whether the consuming connection itself completed a round trip lately, or why not.
    public var readiness: Readiness {
        guard let session = current.withLock({ $0 }) else { return .notReady("the consumer has not started") }
        guard let last = session.lastRoundTrip else { return .notReady("no answer from Redis yet") }
        let silence = last.duration(to: .now)
        if silence > settings.blocking + .seconds(4) {
            return .notReady("the consuming connection has not heard from Redis for \(silence.components.seconds) s")
        }
        return .ready
    }

    /// Runs until the order to stop: jobs in work may finish until the drain's deadline, the rest is handed back. When the
    /// task is cancelled nothing may finish, but everything is handed back all the same.
    public func run() async throws {
        let stop = StopSignal()
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                while !stop.isGiven {
                    let session = ConsumerSession(
                        worker: .fresh(), store: store, settings: settings, redis: redis, eventLoop: eventLoop,
                        makeSource: makeSource, processor: processor, metrics: metrics, stop: stop, logger: logger)
                    current.withLock { $0 = session }
                    await session.run()
                }
            } onGracefulShutdown: {
                stop.give()
            }
        } onCancel: {
            stop.give()
        }
    }
}
