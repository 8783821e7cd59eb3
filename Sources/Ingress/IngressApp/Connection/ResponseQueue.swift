import NIOCore

/// The answers that a connection owes, in the order of its requests: pipelined requests may be decided in any order, but
/// are answered in theirs (RFC 9112, section 9.3.2). Pure bookkeeping.
struct ResponseQueue {
    /// A request that waits for its answer.
    struct Entry {
        /// When its head was there.
        let received: NIODeadline
        let persistence: Persistence
        let isHead: Bool
        /// Body bytes that it holds until it is decided.
        var heldBytes = 0
        var answer: Answer?
        /// Whether the connection ends with this answer, for a reason found after its head.
        var closes = false
    }

    private var entries = CircularBuffer<Entry>(initialCapacity: 1)
    private var first = 0

    /// How many answers are owed.
    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }

    /// Opens an entry for a request; the result is its ticket.
    mutating func open(_ entry: Entry) -> Int {
        entries.append(entry)
        return first + entries.count - 1
    }

    /// Whether `ticket` is next in line.
    func isNext(_ ticket: Int) -> Bool { ticket == first }

    /// Changes an entry that was not yet answered; does nothing once it is gone.
    mutating func update(_ ticket: Int, _ change: (inout Entry) -> Void) {
        let offset = ticket - first
        guard offset >= 0, offset < entries.count else { return }
        change(&entries[entries.index(entries.startIndex, offsetBy: offset)])
    }

    /// Changes the newest entry, if there is one.
    mutating func updateLast(_ change: (inout Entry) -> Void) {
        guard !entries.isEmpty else { return }
        change(&entries[entries.index(before: entries.endIndex)])
    }

    /// The next entry in line, if it is decided.
    mutating func popDecided() -> Entry? {
        guard entries.first?.answer != nil else { return nil }
        first += 1
        return entries.removeFirst()
    }
}
