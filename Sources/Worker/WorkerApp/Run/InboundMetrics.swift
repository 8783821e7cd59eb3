internal import Conversations
internal import OperationsKit

/// What storing webhooks counts.
struct InboundMetrics: Sendable {
    private let lag: PrometheusHistogram
    private let messages: PrometheusCounter
    private let statuses: PrometheusCounter
    private let events: PrometheusCounter
    private let unrouted: PrometheusCounter
    private let unroutedMoved: PrometheusCounter
    private let raw: PrometheusCounter

    init(registry: PrometheusRegistry) {
        lag = registry.histogram(
            "quoteline_webhook_lag_seconds", help: "From a webhook's acceptance by Ingress to its commit in Postgres.",
            labels: [], buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600])
        func items(_ kind: String) -> PrometheusCounter {
            registry.counter(
                "quoteline_stored_items_total", help: "Webhook items stored, repeated deliveries included.",
                labels: [("kind", kind)])
        }
        messages = items("message")
        statuses = items("status")
        events = items("event")
        unrouted = items("unrouted")
        raw = items("kept_raw")
        unroutedMoved = registry.counter(
            "quoteline_unrouted_moved_total",
            help: "Changes of unknown numbers that were stored once a tenant had the number.", labels: [])
    }

    /// Both in Unix milliseconds.
    func stored(webhookAcceptedAt accepted: Int64, now: Int64) {
        // In floating point, because the header may claim any time at all.
        lag.observe(max(0, Double(now) - Double(accepted)) / 1_000)
    }

    func stored(_ items: StoredItems) {
        messages.increment(by: items.messages)
        statuses.increment(by: items.statuses)
        events.increment(by: items.events)
        unrouted.increment(by: items.unrouted)
    }

    func keptRaw() { raw.increment() }

    func movedUnrouted(_ count: Int) { unroutedMoved.increment(by: count) }
}
