public import Synchronization

/// A count that only grows. Create it once and keep it: an increment is a single relaxed atomic add.
public final class PrometheusCounter: Sendable {
    @usableFromInline
    let count = Atomic<Int>(0)

    init() {}

    /// Adds to the count. An amount below zero is ignored, since Prometheus reads a falling counter as a restart.
    @inlinable
    public func increment(by amount: Int = 1) {
        guard amount > 0 else { return }
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    /// The count so far.
    public var value: Int {
        count.load(ordering: .relaxed)
    }
}
