internal import OperationsKit
internal import SendPolicy

/// What sending counts. Classes come from a closed set, so that the number of series is bounded.
final class SendMetrics: Sendable {
    enum Ending: String, CaseIterable {
        case accepted
        case notSent = "not_sent"
        case lost
        case expired
        case windowClosed = "window_closed"
        case putBack = "put_back"
        case ownerDied = "owner_died"
        case resent
        case held
    }

    private let endings: [Ending: PrometheusCounter]
    private let classes: [SendErrorClass: PrometheusCounter]
    private let duration: PrometheusHistogram
    private let unknown: PrometheusGauge
    private let held: PrometheusGauge

    init(registry: PrometheusRegistry) {
        func counter(_ name: String) -> PrometheusCounter {
            registry.counter(
                "quoteline_sends_total", help: "Attempts to send, by what became of them.", labels: [("class", name)])
        }
        endings = Dictionary(uniqueKeysWithValues: Ending.allCases.map { ($0, counter($0.rawValue)) })
        classes = Dictionary(
            uniqueKeysWithValues: SendErrorClass.allCases.map { ($0, counter(Self.label($0))) })
        duration = registry.histogram(
            "quoteline_send_duration_seconds", help: "From a send's request to Meta's answer.",
            buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
        unknown = registry.gauge(
            "quoteline_sends_unknown", help: "Messages of which nobody knows whether they went out.")
        held = registry.gauge("quoteline_sends_held", help: "Messages that wait for a person's decision.")
    }

    func count(_ ending: Ending, _ count: Int = 1) { endings[ending]?.increment(by: count) }

    func count(_ class: SendErrorClass) { classes[`class`]?.increment(by: 1) }

    func took(seconds: Double) { duration.observe(seconds) }

    func open(unknown: Int64, held: Int64) {
        self.unknown.set(Double(unknown))
        self.held.set(Double(held))
    }

    private static func label(_ class: SendErrorClass) -> String {
        switch `class` {
        case .retryMessage: "retry_message"
        case .retryRecipient: "retry_recipient"
        case .retryNumber: "retry_number"
        case .retryApp: "retry_app"
        case .pauseNumber: "pause_number"
        case .fail: "fail"
        case .useTemplate: "use_template"
        case .maybeSent: "maybe_sent"
        }
    }
}
