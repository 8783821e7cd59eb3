/// Where a listing of jobs goes on. Jobs move while somebody turns pages: one may be seen twice, or not at all.
public enum JobCursor: Sendable, Equatable {
    /// Lists: after so many jobs.
    case position(Int)
    /// Sorted sets: from this score on (as Redis writes it), without its first so many jobs.
    case score(String, skip: Int)

    /// Nil if the text is no cursor of ours.
    public init?(_ text: String) {
        let parts = text.split(separator: "~", omittingEmptySubsequences: false)
        guard let last = parts.last, let count = Int(last), (0...1_000_000_000).contains(count) else { return nil }
        switch parts.count {
        case 1: self = .position(count)
        case 2:
            guard let score = Double(parts[0]), !score.isNaN, parts[0].utf8.count <= 32 else { return nil }
            self = .score(String(parts[0]), skip: count)
        case _: return nil
        }
    }

    public var text: String {
        switch self {
        case .position(let position): String(position)
        case .score(let score, let skip): "\(score)~\(skip)"
        }
    }
}
