/// The last so many of a long row.
struct KeptLast<Element: Sendable>: Sendable {
    private let limit: Int
    private var elements: [Element] = []

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// Oldest first.
    var all: ArraySlice<Element> { elements.suffix(limit) }

    mutating func append(_ element: Element) {
        // Now and then half is dropped, so that an append costs the same on average however long it goes on.
        if elements.count >= 2 * limit { elements.removeFirst(limit) }
        elements.append(element)
    }

    mutating func removeAll() {
        elements.removeAll()
    }
}
