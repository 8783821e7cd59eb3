internal import OperationsKit

/// What fetching files counts.
final class MediaMetrics: Sendable {
    enum Outcome: String, CaseIterable {
        case stored, retried, deferred, waiting, failed
    }

    private let outcomes: [Outcome: PrometheusCounter]
    private let bytes: PrometheusCounter
    private let duration: PrometheusHistogram
    private let pending: PrometheusGauge
    private let oldest: PrometheusGauge
    private let removals: PrometheusGauge

    init(registry: PrometheusRegistry) {
        outcomes = Dictionary(
            uniqueKeysWithValues: Outcome.allCases.map { outcome in
                (
                    outcome,
                    registry.counter(
                        "quoteline_media_total", help: "Attempts to fetch a file, by what became of them.",
                        labels: [("outcome", outcome.rawValue)])
                )
            })
        bytes = registry.counter("quoteline_media_bytes_total", help: "Bytes of files that were stored.", labels: [])
        duration = registry.histogram(
            "quoteline_media_duration_seconds", help: "From the beginning of an attempt to fetch a file to its end.",
            labels: [], buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 240])
        pending = registry.gauge("quoteline_media_pending", help: "Files that are to be fetched.")
        oldest = registry.gauge(
            "quoteline_media_oldest_age_seconds", help: "How long the oldest file has waited to be fetched; 0 if none.")
        removals = registry.gauge(
            "quoteline_media_removals", help: "Files of removed messages that are still to be removed.")
    }

    func count(_ outcome: Outcome, _ count: Int = 1) { outcomes[outcome]?.increment(by: count) }

    func stored(bytes size: Int64) {
        count(.stored)
        bytes.increment(by: Int(size))
    }

    func took(_ elapsed: Duration) {
        duration.observe(Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
    }

    func open(pending count: Int64, oldestSeconds: Double, removals waiting: Int64) {
        pending.set(Double(count))
        oldest.set(oldestSeconds)
        removals.set(Double(waiting))
    }
}
