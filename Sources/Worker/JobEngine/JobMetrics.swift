internal import JobQueue
internal import OperationsKit
internal import Synchronization

/// What one queue's consumer counts. Types and outcomes come from closed sets, so that the number of series is bounded.
final class JobMetrics: Sendable {
    enum Outcome: String, CaseIterable {
        case completed, retried, deferred, moved, buried, released
        case unreadable
        case unknownVersion = "unknown_version"
    }

    private static let types = ["webhook", "quote_link", "text", "template", "media", "unreadable"]

    private let jobs: [String: [Outcome: PrometheusCounter]]
    private let duration: PrometheusHistogram
    private let putBack: PrometheusCounter
    private let crashLooped: PrometheusCounter
    private let staleSettles: PrometheusCounter
    private let outages: PrometheusCounter

    init(queue: QueueName, registry: PrometheusRegistry) {
        let queueLabel = ("queue", queue.rawValue)
        var jobs: [String: [Outcome: PrometheusCounter]] = [:]
        for type in Self.types + ["other"] {
            for outcome in Outcome.allCases {
                jobs[type, default: [:]][outcome] = registry.counter(
                    "quoteline_jobs_total", help: "Jobs settled, by what became of them.",
                    labels: [queueLabel, ("type", type), ("outcome", outcome.rawValue)])
            }
        }
        self.jobs = jobs
        duration = registry.histogram(
            "quoteline_job_duration_seconds", help: "From the claim of a batch to its settlement.",
            labels: [queueLabel],
            buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])
        let recoveredHelp = "Jobs taken back from dead workers."
        putBack = registry.counter(
            "quoteline_recovered_jobs_total", help: recoveredHelp, labels: [queueLabel, ("outcome", "put_back")])
        crashLooped = registry.counter(
            "quoteline_recovered_jobs_total", help: recoveredHelp, labels: [queueLabel, ("outcome", "buried")])
        staleSettles = registry.counter(
            "quoteline_stale_settles_total",
            help: "Settlements of jobs that this worker no longer owned; nothing was changed.", labels: [queueLabel])
        outages = registry.counter(
            "quoteline_job_outages_total",
            help: "Times a batch was held because something that every job needs was away.", labels: [queueLabel])
    }

    func settled(type: String, _ outcome: Outcome, count: Int = 1) {
        (jobs[type] ?? jobs["other"])?[outcome]?.increment(by: count)
    }

    func took(_ elapsed: Duration) {
        duration.observe(Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
    }

    func recovered(putBack count: Int, buried: Int) {
        putBack.increment(by: count)
        crashLooped.increment(by: buried)
    }

    func stale(_ count: Int) { staleSettles.increment(by: count) }

    func held() { outages.increment() }
}
