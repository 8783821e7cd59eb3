/// What is claimed and not yet in work, and how many batches are: decides what may begin. A suspect begins only when
/// nothing else is in work, and nothing begins beside it.
struct ClaimQueue {
    private let limit: Int
    private var waiting: [[ClaimedJob]] = []
    private(set) var running = 0
    private var suspectRuns = false

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether everything claimed is in work and there is room for another batch.
    var hasRoom: Bool { waiting.isEmpty && running < limit && !suspectRuns }

    /// Adds jobs, oldest first, as batches of at most `size`; each suspect is one of its own, after the others.
    mutating func add(_ jobs: [ClaimedJob], size: Int) {
        let innocent = jobs.filter { !$0.isSuspect }
        for start in stride(from: 0, to: innocent.count, by: size) {
            waiting.append(Array(innocent[start..<min(start + size, innocent.count)]))
        }
        waiting += jobs.filter(\.isSuspect).map { [$0] }
    }

    /// The next batch that may begin now; it counts as running from here on.
    mutating func begin() -> [ClaimedJob]? {
        guard let next = waiting.first, running < limit, !suspectRuns else { return nil }
        let suspect = next.contains(where: \.isSuspect)
        if suspect, running > 0 { return nil }
        suspectRuns = suspect
        running += 1
        waiting.removeFirst()
        return next
    }

    mutating func finished() {
        running -= 1
        suspectRuns = false
    }
}
