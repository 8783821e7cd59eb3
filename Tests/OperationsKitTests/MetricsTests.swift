import Metrics
import Synchronization
import Testing

@testable import OperationsKit

@Suite struct MetricsTests {
    private let registry = PrometheusRegistry()

    @Test func familiesAreRenderedByNameWithHelpAndType() async {
        registry.counter("b_total", help: "Second.", labels: [("type", "x")]).increment()
        registry.counter("b_total", help: "Second.", labels: [("type", "y")]).increment(by: 41)
        registry.gauge("a_bytes", help: "First.").set(1.5)
        #expect(
            await text() == """
                # HELP a_bytes First.
                # TYPE a_bytes gauge
                a_bytes 1.5
                # HELP b_total Second.
                # TYPE b_total counter
                b_total{type="x"} 1
                b_total{type="y"} 41

                """)
    }

    @Test func theSameNameAndLabelsAreTheSameObjectInAnyOrder() {
        let first = registry.counter("a_total", help: "", labels: [("x", "1"), ("y", "2")])
        let again = registry.counter("a_total", help: "", labels: [("y", "2"), ("x", "1")])
        let other = registry.counter("a_total", help: "", labels: [("x", "2"), ("y", "1")])
        #expect(first === again)
        #expect(first !== other)
    }

    @Test func labelsThatOnlyLookAlikeAreDifferentSeries() {
        let one = registry.counter("a_total", help: "", labels: [("x", "1\",y=\"2")])
        let two = registry.counter("a_total", help: "", labels: [("x", "1"), ("y", "2")])
        #expect(one !== two)
    }

    @Test func helpAndLabelValuesAreEscaped() async {
        registry.gauge("a", help: "back\\slash \"quote\"\nline", labels: [("l", "back\\slash \"quote\"\nline ü")]).set(
            1)
        #expect(
            await text() == #"""
                # HELP a back\\slash "quote"\nline
                # TYPE a gauge
                a{l="back\\slash \"quote\"\nline ü"} 1

                """#)
    }

    @Test(arguments: [
        ("http.requests", "http_requests"), ("9lives", "_9lives"), ("a:b", "a:b"), ("a-b c\n", "a_b_c_"), ("", "_"),
        ("größe", "gr__e"),
    ])
    func namesAreCleaned(name: String, expected: String) {
        #expect(MetricName.metric(name) == expected)
        #expect(!MetricName.label(name).contains(":"))
    }

    @Test func ofTwoLabelsWithOneNameTheLastCounts() {
        #expect(MetricLabels([("a", "1"), ("b", "2"), ("a", "3")]).text == #"b="2",a="3""#)
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (5.0, "5"), (-3.0, "-3"), (0.1, "0.1"), (1e-9, "1e-09"), (1e300, "1e+300"),
        (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (1_772_355_907.25, "1772355907.25"),
    ])
    func numbersAreWrittenAsPrometheusReadsThem(value: Double, expected: String) {
        #expect(ExpositionText.number(value) == expected)
    }

    @Test func aCounterNeverFalls() {
        let counter = registry.counter("a_total", help: "")
        counter.increment(by: 3)
        counter.increment(by: 0)
        counter.increment(by: -2)
        #expect(counter.value == 3)
    }

    @Test func aGaugeIsSetAndMoved() {
        let gauge = registry.gauge("a", help: "")
        gauge.set(2.5)
        gauge.add(1)
        gauge.add(-4)
        #expect(gauge.value == -0.5)
    }

    @Test func incrementsFromManyThreadsAllCount() async {
        let counter = registry.counter("a_total", help: "")
        let gauge = registry.gauge("a", help: "")
        let histogram = registry.histogram("a_seconds", help: "", buckets: [1, 2])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for step in 0..<10_000 {
                        counter.increment()
                        gauge.add(1)
                        histogram.observe(Double(step % 4))
                    }
                }
            }
        }
        #expect(counter.value == 80_000)
        #expect(gauge.value == 80_000)
        #expect(histogram.count == 80_000)
        #expect(histogram.sum == 120_000)
        #expect(histogram.snapshot.counts == [40_000, 20_000, 20_000])
    }

    @Test func aHistogramCountsIntoInclusiveCumulativeBuckets() async {
        let histogram = registry.histogram(
            "wait_seconds", help: "Waiting.", labels: [("queue", "in"), ("le", "no")],
            buckets: [1, 0.25, .infinity, 1, 5])
        for value in [0, 0.25, 0.5, 1, 4.5, 5, 5.5, 100] { histogram.observe(value) }
        #expect(
            await text() == """
                # HELP wait_seconds Waiting.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{queue="in",le="0.25"} 2
                wait_seconds_bucket{queue="in",le="1"} 4
                wait_seconds_bucket{queue="in",le="5"} 6
                wait_seconds_bucket{queue="in",le="+Inf"} 8
                wait_seconds_sum{queue="in"} 116.75
                wait_seconds_count{queue="in"} 8

                """)
    }

    @Test func anUnlabelledHistogramHasOnlyTheBucketsLabel() async {
        registry.histogram("a_seconds", help: "", buckets: []).observe(3)
        #expect(
            await text() == """
                # HELP a_seconds\u{20}
                # TYPE a_seconds histogram
                a_seconds_bucket{le="+Inf"} 1
                a_seconds_sum 3
                a_seconds_count 1

                """)
    }

    @Test func aHistogramTakesNoNonsense() {
        let histogram = registry.histogram("a_seconds", help: "", buckets: [1])
        for value in [Double.nan, .infinity, -.infinity] { histogram.observe(value) }
        #expect(histogram.count == 0)
        histogram.observe(-5)
        #expect(histogram.snapshot.counts == [1, 0])
        #expect(histogram.sum == 0)
    }

    @Test func aNameIsOneKindOnly() async {
        registry.counter("a", help: "Counted.").increment()
        registry.gauge("a", help: "Gauged.").set(7)
        registry.gauge("a", help: "Gauged.").set(8)
        registry.onScrape { $0.gauge("a", help: "Scraped.", 9) }
        let text = await text()
        #expect(
            text == """
                # HELP a Counted.
                # TYPE a counter
                a 1
                # a was asked for as a gauge, but is a counter
                # a was asked for as a gauge, but is a counter

                """)
    }

    @Test func aLabelWithoutBoundsDoesNotEatTheMemory() async {
        for number in 0..<(PrometheusRegistry.seriesLimit + 50) {
            registry.counter("a_total", help: "", labels: [("id", String(number))]).increment()
        }
        let lines = await text().split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("a_total{") }.count == PrometheusRegistry.seriesLimit)
        #expect(lines.last == "# a_total has more than 1000 series: the later ones are not shown")
    }

    @Test func whatIsReadAtScrapeTimeStandsBesideTheRest() async {
        let depth = Mutex(3)
        registry.gauge("queue_depth", help: "Jobs.", labels: [("queue", "out")]).set(1)
        registry.onScrape { samples in
            await Task.yield()
            samples.gauge("queue_depth", help: "Jobs.", labels: [("queue", "in")], Double(depth.withLock { $0 }))
            samples.gauge("queue_depth", help: "Jobs.", labels: [("queue", "out")], 99)
            samples.counter("seen_total", help: "Seen.", 12)
        }
        let expected = """
            # HELP queue_depth Jobs.
            # TYPE queue_depth gauge
            queue_depth{queue="out"} 1
            queue_depth{queue="in"} 3
            # HELP seen_total Seen.
            # TYPE seen_total counter
            seen_total 12

            """
        #expect(await text() == expected)
        depth.withLock { $0 = 4 }
        #expect(await text().contains(#"queue_depth{queue="in"} 4"#))
    }

    @Test func aSourceThatHangsCostsOnlyItsOwnSamplesAndRunsOnce() async {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let runs = Atomic(0)
        registry.gauge("quick", help: "").set(1)
        registry.onScrape { samples in
            runs.wrappingAdd(1, ordering: .relaxed)
            for await _ in gate { break }
            samples.gauge("slow", help: "", 1)
        }
        for _ in 0..<2 {
            let text = await registry.render(collectorLimit: .milliseconds(50))
            #expect(text.contains("quick 1"))
            #expect(!text.contains("slow 1"))
            #expect(text.contains("quoteline_scrape_collectors_late 1"))
        }
        #expect(runs.load(ordering: .relaxed) == 1)
        open.finish()
        let healed = await registry.render(collectorLimit: .seconds(60))
        #expect(healed.contains("slow 1"))
        #expect(healed.contains("quoteline_scrape_collectors_late 0"))
    }

    @Test func theProcessDescribesItself() async throws {
        registry.addProcessMetrics(version: "1.2.3")
        let text = await text()
        #expect(text.contains("quoteline_build_info{version=\"1.2.3\"} 1\n"))
        #expect(try value("process_resident_memory_bytes", in: text) > 1_000_000)
        #expect(
            try value("process_virtual_memory_bytes", in: text) > value("process_resident_memory_bytes", in: text))
        #expect(try value("process_cpu_seconds_total", in: text) > 0)
        #expect((3...10_000).contains(try value("process_open_fds", in: text)))
        #expect(try value("process_max_fds", in: text) >= value("process_open_fds", in: text))
        let now = Double(LogTimestamp.now().seconds)
        #expect((now - 86_400...now + 1).contains(try value("process_start_time_seconds", in: text)))
    }

    @Test func theStartIsReadBehindAnyProcessName() {
        let stat = "12 (a) b) 3) S 1 12 12 0 -1 4194560 100 0 0 0 5 6 0 0 20 0 4 0 12345 1000 200 0"
        let start = ProcessMetrics.startSeconds(
            stat: stat, systemStat: "cpu 1 2\nbtime 1700000000\nprocesses 3", ticksPerSecond: 100)
        #expect(start == 1_700_000_123.45)
        #expect(ProcessMetrics.startSeconds(stat: "", systemStat: "", ticksPerSecond: 100) == nil)
        #expect(ProcessMetrics.residentBytes(statm: "100 20 3", pageSize: 4096) == 81_920)
        #expect(ProcessMetrics.residentBytes(statm: "", pageSize: 4096) == nil)
    }

    @Test func librariesMetricsAppearUnderPrometheusNames() async {
        let counter = Counter(label: "pool.leases", dimensions: [("kind", "a")], factory: registry)
        counter.increment(by: 2)
        counter.increment()
        counter.reset()
        let timer = Metrics.Timer(label: "pool.wait", dimensions: [], factory: registry)
        timer.recordNanoseconds(2_000_000)
        Gauge(label: "pool.size", dimensions: [], factory: registry).record(4)
        let meter = Meter(label: "pool.idle", dimensions: [], factory: registry)
        meter.set(5)
        meter.decrement(by: 2)
        Recorder(label: "pool.batch", dimensions: [], aggregate: true, factory: registry).record(17)
        FloatingPointCounter(label: "pool.cost", dimensions: [], factory: registry).increment(by: 2.5)
        let text = await text()
        for line in [
            "pool_leases_total{kind=\"a\"} 3", "pool_wait_seconds_bucket{le=\"0.0025\"} 1",
            "pool_wait_seconds_bucket{le=\"0.001\"} 0", "pool_wait_seconds_sum 0.002", "pool_size 4", "pool_idle 3",
            "pool_batch_bucket{le=\"16\"} 0", "pool_batch_bucket{le=\"64\"} 1", "pool_cost_total 2",
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
    }

    /// The text without the registry's own lines on collectors.
    private func text() async -> String {
        let own = "quoteline_scrape_collectors_late"
        // A busy machine may keep a source waiting for long.
        let text = await registry.render(collectorLimit: .seconds(60))
        return text.split(separator: "\n").filter { !$0.contains(own) }.map { $0 + "\n" }.joined()
    }

    private func value(_ name: String, in text: String) throws -> Double {
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") }, "\(name)")
        return try #require(Double(line.dropFirst(name.count + 1)), "\(line)")
    }
}
