internal import Synchronization

/// A distribution in fixed buckets. Create it once and keep it: an observation is two atomic operations, without a lock.
///
/// Unchecked: everything is a constant but the counts, and those are only touched through `Atomic`'s own operations.
/// The memory behind `counts` is allocated and initialised before `init` returns and freed in `deinit`, when nobody else
/// can hold a reference; no pointer to it leaves this class.
public final class PrometheusHistogram: @unchecked Sendable {
    /// Bounds for durations in seconds, from half a millisecond to ten seconds.
    public static let durationBuckets: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// The buckets' inclusive upper bounds, ascending and finite; one more bucket takes what lies above the last.
    let bounds: [Double]
    private let counts: UnsafeMutablePointer<Atomic<Int>>
    private let total = Atomic<Double>(0)

    init(buckets: [Double]) {
        var ascending: [Double] = []
        for bound in buckets.filter(\.isFinite).sorted() where bound != ascending.last { ascending.append(bound) }
        bounds = ascending
        counts = .allocate(capacity: ascending.count + 1)
        for index in 0...ascending.count { (counts + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counts.deinitialize(count: bounds.count + 1)
        counts.deallocate()
    }

    /// Counts one observation, in the unit that the histogram's name says (seconds for `…_seconds`).
    ///
    /// A negative value (a clock that was set back) counts as zero; one that is not finite is ignored.
    public func observe(_ value: Double) {
        guard value.isFinite else { return }
        let value = max(0, value)
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        counts[index].wrappingAdd(1, ordering: .relaxed)
        total.add(value)
    }

    /// How many observations lie in each bucket (not cumulative; the last is the one without an upper bound), and the
    /// sum of all. Under way they may be apart by the observations being made right then.
    var snapshot: (counts: [Int], sum: Double) {
        ((0...bounds.count).map { counts[$0].load(ordering: .relaxed) }, total.load(ordering: .relaxed))
    }

    /// The number of observations so far.
    public var count: Int {
        snapshot.counts.reduce(0, +)
    }

    /// The sum of all observed values so far.
    public var sum: Double {
        total.load(ordering: .relaxed)
    }
}
