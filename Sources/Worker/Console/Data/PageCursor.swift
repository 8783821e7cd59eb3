/// Where a listing by time goes on: after the row with this time and id. On the wire `<microseconds>.<id>`.
struct PageCursor: Sendable, Equatable {
    /// Microseconds since 1970.
    let at: Int64
    let id: String

    init(at: Int64, id: String) {
        self.at = at
        self.id = id
    }

    /// Nil if the text is no cursor of ours.
    init?(_ text: String) {
        let halves = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, let at = Int64(halves[0]), at > Self.earliest, at < Self.latest,
            (1...40).contains(halves[1].utf8.count),
            halves[1].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
        else { return nil }
        self.at = at
        id = String(halves[1])
    }

    var text: String { "\(at).\(id)" }

    private static let earliest: Int64 = -1
    /// The year 9999: what a database's time holds is not tried out.
    private static let latest: Int64 = 253_370_764_800_000_000
}
