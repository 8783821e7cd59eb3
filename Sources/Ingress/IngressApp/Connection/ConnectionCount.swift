import Synchronization

/// How many connections are open on all event loops together.
final class ConnectionCount: Sendable {
    private let open = Atomic<Int>(0)

    var value: Int { open.load(ordering: .relaxed) }

    /// Counts one more; returns how many there are now, this one included.
    func enter() -> Int {
        open.wrappingAdd(1, ordering: .relaxed).newValue
    }

    func leave() {
        open.wrappingSubtract(1, ordering: .relaxed)
    }
}
