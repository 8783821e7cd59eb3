import Synchronization

/// The book of everything that was sent.
final class SentItems: Sendable {
    private struct State {
        var items: [String: SentItem] = [:]
        var refusals: [Int: Int] = [:]
        var failures = 0
        var accepted = 0
    }

    private let state = Mutex(State())

    /// Enters an item just before it is sent for the first time.
    func enter(_ item: SentItem) {
        state.withLock { $0.items[item.key] = item }
    }

    func posting(_ key: String) {
        state.withLock { $0.items[key]?.posts += 1 }
    }

    func accepted(_ key: String) {
        state.withLock { state in
            state.items[key]?.acceptances += 1
            state.accepted += 1
        }
    }

    /// An answer other than 200.
    func refused(_ status: Int) {
        state.withLock { $0.refusals[status, default: 0] += 1 }
    }

    /// No answer at all.
    func unanswered() {
        state.withLock { $0.failures += 1 }
    }

    var all: [String: SentItem] { state.withLock { $0.items } }
    /// How many answers were 200 so far.
    var acceptances: Int { state.withLock { $0.accepted } }
    /// Answers other than 200 by status, and posts that got no answer.
    var refusals: (byStatus: [Int: Int], unanswered: Int) { state.withLock { ($0.refusals, $0.failures) } }
}
