public import Synchronization

/// A value that goes up and down. For values that are cheap to read, prefer ``PrometheusRegistry/onScrape(_:)``.
public final class PrometheusGauge: Sendable {
    @usableFromInline
    let current = Atomic<Double>(0)

    init() {}

    @inlinable
    public func set(_ value: Double) {
        current.store(value, ordering: .relaxed)
    }

    /// Adds to the value; a negative amount takes away.
    public func add(_ amount: Double) {
        current.add(amount)
    }

    public var value: Double {
        current.load(ordering: .relaxed)
    }
}

extension Atomic<Double> {
    /// Adds without a lock; the hardware has no atomic addition of floating-point numbers.
    func add(_ amount: Double) {
        var expected = load(ordering: .relaxed)
        while true {
            let (exchanged, original) = weakCompareExchange(
                expected: expected, desired: expected + amount, ordering: .relaxed)
            if exchanged { return }
            expected = original
        }
    }
}
