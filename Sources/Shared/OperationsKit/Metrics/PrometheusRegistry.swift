internal import Synchronization

/// All metrics of a process, rendered in Prometheus' text format.
///
/// Asking twice for the same name and labels gives the same object. Ask once and keep it: the asking takes a lock, the
/// counting does not. The registry is also swift-metrics' factory, so that the libraries' metrics appear beside ours.
public final class PrometheusRegistry: Sendable {
    /// The most series of one name. What comes after counts into an object that nobody sees, and the text says so:
    /// a label with unbounded values must not eat the memory.
    static let seriesLimit = 1000
    /// How long a scrape waits for the ``onScrape(_:)`` bodies, which run side by side.
    static let collectorLimit = Duration.seconds(3)

    private enum Metric: Sendable {
        case counter(PrometheusCounter)
        case gauge(PrometheusGauge)
        case histogram(PrometheusHistogram)

        var kind: ExpositionText.Kind {
            switch self {
            case .counter: .counter
            case .gauge: .gauge
            case .histogram: .histogram
            }
        }
    }

    private struct Family: Sendable {
        var kind: ExpositionText.Kind
        var help: String
        var series: [(labels: MetricLabels, metric: Metric)] = []
        var positions: [String: Int] = [:]
    }

    private struct State: Sendable {
        var families: [String: Family] = [:]
        var collectors: [ScrapeCollector] = []
        var remarks: [String] = []

        mutating func remember(_ remark: String) {
            if !remarks.contains(remark) { remarks.append(remark) }
        }
    }

    private let state = Mutex(State())

    public init() {}

    /// A counter; by convention its name ends in `_total`.
    public func counter(_ name: String, help: String, labels: [(String, String)] = []) -> PrometheusCounter {
        let metric = metric(name, help, labels, kind: .counter) { .counter(PrometheusCounter()) }
        guard case .counter(let counter)? = metric else { return PrometheusCounter() }
        return counter
    }

    public func gauge(_ name: String, help: String, labels: [(String, String)] = []) -> PrometheusGauge {
        let metric = metric(name, help, labels, kind: .gauge) { .gauge(PrometheusGauge()) }
        guard case .gauge(let gauge)? = metric else { return PrometheusGauge() }
        return gauge
    }

    /// A histogram. A label `le` is taken out: it is the buckets' own.
    /// - Parameter buckets: Upper bounds, in the unit of the name; the one for everything above comes by itself.
    public func histogram(
        _ name: String, help: String, labels: [(String, String)] = [],
        buckets: [Double] = PrometheusHistogram.durationBuckets
    ) -> PrometheusHistogram {
        let labels = labels.filter { MetricName.label($0.0) != "le" }
        let metric = metric(name, help, labels, kind: .histogram) { .histogram(PrometheusHistogram(buckets: buckets)) }
        guard case .histogram(let histogram)? = metric else { return PrometheusHistogram(buckets: buckets) }
        return histogram
    }

    /// Calls the body at each scrape for values that are read rather than counted. It may wait for answers of others,
    /// at most three seconds: then the scrape goes on without its samples.
    public func onScrape(_ body: @escaping @Sendable (_ samples: inout ScrapeSamples) async -> Void) {
        let collector = ScrapeCollector(body)
        state.withLock { $0.collectors.append(collector) }
    }

    /// Everything in the text format 0.0.4, families by name.
    public func render() async -> String {
        await render(collectorLimit: Self.collectorLimit)
    }

    func render(collectorLimit: Duration) async -> String {
        let collectors = state.withLock { $0.collectors }
        var text = registered()
        // Position by position, so that the order of two collectors that name one family never changes.
        var collected = [ScrapeSamples?](repeating: nil, count: collectors.count)
        await withTaskGroup(of: (Int, ScrapeSamples?).self) { group in
            for (index, collector) in collectors.enumerated() {
                group.addTask { (index, await collector.samples(within: collectorLimit)) }
            }
            for await (index, samples) in group { collected[index] = samples }
        }
        var missing = 0
        for samples in collected {
            guard let samples else {
                missing += 1
                continue
            }
            for sample in samples.samples where text.open(sample.name, kind: sample.kind, help: sample.help) {
                text.sample(sample.name, labels: sample.labels, value: ExpositionText.number(sample.value))
            }
        }
        let name = "quoteline_scrape_collectors_late"
        if text.open(name, kind: .gauge, help: "Sources of metrics that did not answer this scrape in time.") {
            text.sample(name, labels: MetricLabels([]), value: String(missing))
        }
        return text.rendered()
    }

    /// The text of what is registered, without the collectors' samples.
    private func registered() -> ExpositionText {
        let (families, remarks) = state.withLock { ($0.families, $0.remarks) }
        var text = ExpositionText()
        for (name, family) in families where text.open(name, kind: family.kind, help: family.help) {
            for (labels, metric) in family.series {
                switch metric {
                case .counter(let counter):
                    text.sample(name, labels: labels, value: String(counter.value))
                case .gauge(let gauge):
                    text.sample(name, labels: labels, value: ExpositionText.number(gauge.value))
                case .histogram(let histogram):
                    let (counts, sum) = histogram.snapshot
                    text.histogram(name, labels: labels, bounds: histogram.bounds, counts: counts, sum: sum)
                }
            }
        }
        for remark in remarks { text.remark(remark) }
        return text
    }

    /// The metric of that name and those labels, made where it is new; nil where the name is another kind's or full.
    private func metric(
        _ name: String, _ help: String, _ labels: [(String, String)], kind: ExpositionText.Kind,
        make: () -> Metric
    ) -> Metric? {
        let name = MetricName.metric(name)
        let labels = MetricLabels(labels)
        return state.withLock { state in
            var family = state.families[name] ?? Family(kind: kind, help: help)
            guard family.kind == kind else {
                state.remember("\(name) was asked for as a \(kind.rawValue), but is a \(family.kind.rawValue)")
                return nil
            }
            if let position = family.positions[labels.identity] { return family.series[position].metric }
            guard family.series.count < Self.seriesLimit else {
                state.remember("\(name) has more than \(Self.seriesLimit) series: the later ones are not shown")
                return nil
            }
            let metric = make()
            family.positions[labels.identity] = family.series.count
            family.series.append((labels, metric))
            state.families[name] = family
            return metric
        }
    }
}
