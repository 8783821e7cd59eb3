import JobEngine
import JobLifecycle
import JobQueue
import NIOPosix
import OperationsKit
import OutboundLanes
import ServiceLifecycle
import Synchronization
import TestSupport

/// One worker of the outbound queue: a consumer that admits turns to their lanes, and one that works on the lanes.
final class RunningLanes: Sendable {
    typealias Body = @Sendable ([JobElement]) async throws -> [JobResult]

    struct Sent: Sendable {
        var id: String
        var number: String
        var crashes: Int
        var at: ContinuousClock.Instant
    }

    /// Moves turns to their lanes, as admission does.
    private struct Admission: BatchProcessor {
        func process(_ jobs: [JobElement]) async throws -> [JobResult] {
            jobs.map { job in Turn(job).map { $0.moved(from: job) } ?? JobResult(.rejected) }
        }
    }

    /// Notes what comes and when, and does as it is told.
    private final class Sending: BatchProcessor {
        let sent = Mutex<[Sent]>([])
        private let body: Body

        init(_ body: @escaping Body) { self.body = body }

        func process(_ jobs: [JobElement]) async throws -> [JobResult] {
            sent.withLock { sent in
                sent += jobs.map { job in
                    Sent(
                        id: job.header.id, number: Turn(job)?.number ?? "", crashes: job.header.crashes, at: .now)
                }
            }
            return try await body(jobs)
        }
    }

    let registry = PrometheusRegistry()
    private let sending: Sending
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(
        _ fixture: LaneFixture, admits: Bool = true, _ adjust: (inout ConsumerConfiguration) -> Void = { _ in },
        sending body: @escaping Body = { $0.map { _ in .completed } }
    ) {
        let sending = Sending(body)
        let settings = fixture.settings(adjust)
        let registry = registry
        func consumer(_ source: JobSourceFactory?, _ processor: any BatchProcessor) -> JobConsumer {
            JobConsumer(
                keys: fixture.keys, client: fixture.client, redis: fixture.redis,
                eventLoop: MultiThreadedEventLoopGroup.singleton.any(), settings: settings, source: source,
                processor: processor, registry: registry, logger: fixture.logger)
        }
        var services = [consumer(LaneClaimer.factory, sending)]
        if admits { services.append(consumer(nil, Admission())) }
        let group = ServiceGroup(
            configuration: .init(services: services.map { .init(service: $0) }, logger: fixture.logger))
        self.sending = sending
        self.group = group
        task = Task { try await group.run() }
    }

    var sent: [Sent] { sending.sent.withLock { $0 } }

    /// As SIGTERM: returns when both have ended.
    func stop() async {
        await group.triggerGracefulShutdown()
        _ = await task.result
    }

    func jobs(_ outcome: String) -> Int {
        registry.counter(
            "quoteline_jobs_total", help: "Jobs settled, by what became of them.",
            labels: [("queue", "outbound"), ("type", "text"), ("outcome", outcome)]
        ).value
    }
}
