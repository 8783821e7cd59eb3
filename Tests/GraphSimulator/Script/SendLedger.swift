/// What was asked and taken, by message: for whoever wants to know that each went out once.
struct SendLedger: Sendable {
    /// One message, by the id in its callback data.
    struct Entry: Sendable, Equatable {
        /// Requests for it, whatever became of them.
        var posts = 0
        /// How often it was taken: once, if all is well.
        var taken = 0
    }

    private(set) var entries: [String: Entry] = [:]
    private(set) var posts = 0
    private(set) var taken = 0
    private(set) var doubled = 0
    private(set) var refused: [Int: Int] = [:]
    private(set) var cut = 0
    private(set) var lost = 0

    /// - Returns: How many requests for it there were before.
    mutating func post(_ key: String?) -> Int {
        posts += 1
        guard let key else { return 0 }
        let earlier = entries[key, default: Entry()].posts
        entries[key, default: Entry()].posts = earlier + 1
        return earlier
    }

    mutating func take(_ key: String?) {
        taken += 1
        guard let key else { return }
        entries[key, default: Entry()].taken += 1
        if entries[key]?.taken == 2 { doubled += 1 }
    }

    mutating func refuse(_ code: Int) { refused[code, default: 0] += 1 }
    mutating func cutOne() { cut += 1 }
    mutating func loseOne() { lost += 1 }
}
