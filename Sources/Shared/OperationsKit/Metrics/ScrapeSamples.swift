/// What a ``PrometheusRegistry/onScrape(_:)`` body reports: values that are read when Prometheus asks for them.
public struct ScrapeSamples: Sendable {
    struct Sample: Sendable {
        var name: String
        var kind: ExpositionText.Kind
        var help: String
        var labels: MetricLabels
        var value: Double
    }

    private(set) var samples: [Sample] = []

    init() {}

    /// A value that goes up and down, in the unit that its name says.
    public mutating func gauge(_ name: String, help: String, labels: [(String, String)] = [], _ value: Double) {
        append(name, .gauge, help, labels, value)
    }

    /// A count that someone else keeps, and that only grows.
    public mutating func counter(_ name: String, help: String, labels: [(String, String)] = [], _ value: Double) {
        append(name, .counter, help, labels, value)
    }

    private mutating func append(
        _ name: String, _ kind: ExpositionText.Kind, _ help: String, _ labels: [(String, String)], _ value: Double
    ) {
        samples.append(
            Sample(
                name: MetricName.metric(name), kind: kind, help: help, labels: MetricLabels(labels), value: value))
    }
}
