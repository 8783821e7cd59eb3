/// How far a walk through a sorted set has come, while the walker and others take jobs out of it.
///
/// A position by rank would skip jobs once earlier ones are gone; a score and the number of jobs left at that score do
/// not.
struct DeadLetterCursor: Equatable {
    private(set) var lowest = "-inf"
    /// Jobs that die after the walk began are not its business: a replayed job that dies again would never end it.
    private(set) var highest = "+inf"
    private(set) var skip = 0
    private var lastScore: Double?

    init(from: Int64? = nil, to: Int64? = nil) {
        if let from { lowest = String(from) }
        if let to { highest = String(to) }
    }

    /// Goes past a job that stays where it is.
    mutating func pass(score: Double) {
        if lastScore == score {
            skip += 1
        } else {
            lastScore = score
            lowest = "\(score)"
            skip = 1
        }
    }
}
