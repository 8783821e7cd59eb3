import Synchronization

/// Body bytes held by all event loops together, from their arrival until Redis has acknowledged them.
final class InflightBudget: Sendable {
    private let held = Atomic<Int>(0)
    let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    var bytes: Int { held.load(ordering: .relaxed) }

    /// Takes `count` bytes; false if that would pass the limit, and then nothing is taken.
    func take(_ count: Int) -> Bool {
        let (_, now) = held.wrappingAdd(count, ordering: .relaxed)
        if now <= limit { return true }
        held.wrappingSubtract(count, ordering: .relaxed)
        return false
    }

    func giveBack(_ count: Int) {
        held.wrappingSubtract(count, ordering: .relaxed)
    }
}
