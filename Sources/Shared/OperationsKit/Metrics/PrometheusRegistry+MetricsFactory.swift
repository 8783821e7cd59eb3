public import CoreMetrics

/// swift-metrics' view of the registry. Names are cleaned for Prometheus (`http.requests` → `http_requests`), counters
/// end in `_total`, timers are histograms of seconds.
///
/// Destroying a metric does nothing: a series stays until the process ends, so that a counter never falls.
extension PrometheusRegistry: MetricsFactory {
    /// Bounds for recorders, whose unit nobody knows: powers of four.
    static let recorderBuckets: [Double] = (0...12).map { Double(1 << (2 * $0)) }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let name = label.hasSuffix("_total") ? label : label + "_total"
        return LibraryCounter(counter(name, help: "Counted by a library as \(label).", labels: dimensions))
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        LibraryGauge(gauge(label, help: "Measured by a library as \(label).", labels: dimensions))
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        let help = "Recorded by a library as \(label)."
        guard aggregate else { return LibraryGauge(gauge(label, help: help, labels: dimensions)) }
        return LibraryRecorder(histogram(label, help: help, labels: dimensions, buckets: Self.recorderBuckets))
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = label.hasSuffix("_seconds") ? label : label + "_seconds"
        return LibraryTimer(histogram(name, help: "Timed by a library as \(label).", labels: dimensions))
    }

    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}
}

private final class LibraryCounter: CounterHandler {
    private let counter: PrometheusCounter

    init(_ counter: PrometheusCounter) {
        self.counter = counter
    }

    func increment(by amount: Int64) {
        counter.increment(by: Int(amount))
    }

    /// Nothing: a Prometheus counter starts at zero only with its process.
    func reset() {}
}

private final class LibraryGauge: MeterHandler, RecorderHandler {
    private let gauge: PrometheusGauge

    init(_ gauge: PrometheusGauge) {
        self.gauge = gauge
    }

    func set(_ value: Int64) { gauge.set(Double(value)) }
    func set(_ value: Double) { gauge.set(value) }
    func increment(by amount: Double) { gauge.add(amount) }
    func decrement(by amount: Double) { gauge.add(-amount) }
    func record(_ value: Int64) { gauge.set(Double(value)) }
    func record(_ value: Double) { gauge.set(value) }
}

private final class LibraryRecorder: RecorderHandler {
    private let histogram: PrometheusHistogram

    init(_ histogram: PrometheusHistogram) {
        self.histogram = histogram
    }

    func record(_ value: Int64) { histogram.observe(Double(value)) }
    func record(_ value: Double) { histogram.observe(value) }
}

private final class LibraryTimer: TimerHandler {
    private let histogram: PrometheusHistogram

    init(_ histogram: PrometheusHistogram) {
        self.histogram = histogram
    }

    func recordNanoseconds(_ duration: Int64) { histogram.observe(Double(duration) / 1e9) }
}
