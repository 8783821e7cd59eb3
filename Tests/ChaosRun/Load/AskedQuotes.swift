import Synchronization

/// The book of every quote link that was asked for.
final class AskedQuotes: Sendable {
    enum Way: String, Sendable, CaseIterable {
        /// A short form pushed into Redis.
        case pushed
        /// A row of the outbox.
        case outbox
    }

    struct Ask: Sendable {
        let way: Way
        /// When nobody knows whether it went out, it is held for a person; otherwise it may go out once more.
        let isHeld: Bool
        /// Redis or Postgres said that it has it. Without that, it may have it all the same.
        var isAcknowledged = false
    }

    private let asks = Mutex<[String: Ask]>([:])

    var all: [String: Ask] { asks.withLock { $0 } }

    func enter(_ quote: String, _ ask: Ask) {
        asks.withLock { $0[quote] = ask }
    }

    func acknowledged(_ quotes: [String]) {
        asks.withLock { asks in
            for quote in quotes { asks[quote]?.isAcknowledged = true }
        }
    }
}
