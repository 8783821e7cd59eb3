import JobEngine
import JobLifecycle
import JobQueue
import NIOPosix
import OperationsKit
import ServiceLifecycle
import TestSupport

/// A whole consumer at work on a fixture's queue, with durations short enough for tests.
final class RunningConsumer: Sendable {
    let registry = PrometheusRegistry()
    let consumer: JobConsumer
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(
        _ fixture: QueueFixture, _ processor: any BatchProcessor, attempts: Int? = 10,
        _ adjust: (inout ConsumerConfiguration) -> Void = { _ in }
    ) {
        var settings = ConsumerConfiguration(
            consumers: 2, batch: 10,
            lifecycle: JobLifecycle(policy: RetryPolicy(base: 1, cap: 50, maximumAttempts: attempts, maximumAge: nil)))
        settings.lease = .seconds(1)
        settings.heartbeat = .milliseconds(100)
        settings.recovery = .milliseconds(100)
        settings.audit = .milliseconds(300)
        settings.blocking = .milliseconds(200)
        settings.drain = .seconds(5)
        adjust(&settings)
        consumer = JobConsumer(
            keys: fixture.keys, client: fixture.client, redis: fixture.redis,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(), settings: settings, processor: processor,
            registry: registry, logger: fixture.logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: consumer)], logger: fixture.logger))
        self.group = group
        task = Task { try await group.run() }
    }

    /// As SIGTERM: returns when the consumer has ended.
    func stop() async {
        await group.triggerGracefulShutdown()
        _ = await task.result
    }

    func cancel() async {
        task.cancel()
        _ = await task.result
    }

    func jobs(_ outcome: String, type: String = "webhook") -> Int {
        registry.counter(
            "quoteline_jobs_total", help: "Jobs settled, by what became of them.",
            labels: [("queue", "inbound"), ("type", type), ("outcome", outcome)]
        ).value
    }

    var stale: Int {
        registry.counter(
            "quoteline_stale_settles_total",
            help: "Settlements of jobs that this worker no longer owned; nothing was changed.",
            labels: [("queue", "inbound")]
        ).value
    }
}
