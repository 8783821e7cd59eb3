/// Webhooks that wait for their time, soonest first (a binary heap). Time is handed in.
struct Mailbag: Sendable {
    enum Letter: Sendable {
        case status(StatusItem, batch: Int)
        /// A customer's message, with its id in the phone book.
        case message(body: [UInt8], wamid: String)
    }

    struct Entry: Sendable {
        var due: Int64
        /// Of two that are due at once the earlier comes first.
        var sequence: Int
        var tries: Int
        var letter: Letter
    }

    private var heap: [Entry] = []
    private var sequence = 0

    var count: Int { heap.count }

    mutating func put(_ letter: Letter, due: Int64, tries: Int = 0) {
        heap.append(Entry(due: due, sequence: sequence, tries: tries, letter: letter))
        sequence += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// What goes into the next webhook: one message, or statuses of one number up to their batch; empty if nothing is due.
    mutating func take(at now: Int64) -> [Entry] {
        guard let first = heap.first, first.due <= now else { return [] }
        var taken = [removeFirst()]
        guard case .status(let item, let batch) = first.letter else { return taken }
        while taken.count < batch, let next = heap.first, next.due <= now, case .status(let other, _) = next.letter,
            other.number.phoneNumberID == item.number.phoneNumberID
        {
            taken.append(removeFirst())
        }
        return taken
    }

    private mutating func removeFirst() -> Entry {
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, smallest) {
                smallest = child
            }
            guard smallest != parent else { return first }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (heap[left].due, heap[left].sequence) < (heap[right].due, heap[right].sequence)
    }
}
