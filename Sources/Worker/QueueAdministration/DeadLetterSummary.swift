internal import JobQueue
internal import LenientJSON
internal import RedisClient

/// The dead letters of a queue by what they died of.
public struct DeadLetterSummary: Sendable, Equatable {
    public struct Group: Sendable, Equatable {
        /// The error's code; empty for jobs without one.
        public let code: String
        public fileprivate(set) var count: Int
        /// When the latest of them died, in Unix milliseconds.
        public fileprivate(set) var newestAt: Int64
        /// The latest one's error text.
        public fileprivate(set) var example: String
    }

    /// Largest first.
    public let groups: [Group]
    /// False if there were more than were looked at.
    public let isWhole: Bool

    /// How many died of this error.
    public func count(of code: String) -> Int { groups.first { $0.code == code }?.count ?? 0 }
}

extension QueueInspector {
    /// Looks at about `limit` dead letters at most, the oldest first. Redis groups them: their payloads stay there.
    /// - Parameter cursor: the `next` of a listing of dead jobs, to look at what follows it only.
    public func deadLetterSummary(
        after cursor: JobCursor? = nil, limit: Int = 20_000
    ) async throws -> DeadLetterSummary {
        var groups: [String: DeadLetterSummary.Group] = [:]
        var (lowest, skip) = Self.start(cursor)
        var seen = 0
        while true {
            let reply = try await lookThroughDead(lowest, skip)
            for index in stride(from: 2, to: reply.count - 3, by: 4) {
                let code = Self.unquoted(reply[index].text ?? "")
                let count = Int(reply[index + 1].integer ?? 0)
                let score = reply[index + 2].score ?? 0
                seen += count
                var group = groups[code] ?? DeadLetterSummary.Group(code: code, count: 0, newestAt: .min, example: "")
                group.count += count
                group.newestAt = score.isFinite && abs(score) < 1e15 ? Int64(score) : 0
                group.example = Self.errorText(ofHeader: reply[index + 3].text ?? "")
                groups[code] = group
            }
            guard let next = reply[0].text, let left = reply[1].integer, left >= 0 else { break }
            if seen >= limit { return Self.summary(groups, isWhole: false) }
            (lowest, skip) = (next, Int(left))
        }
        return Self.summary(groups, isWhole: true)
    }

    private static func summary(_ groups: [String: DeadLetterSummary.Group], isWhole: Bool) -> DeadLetterSummary {
        DeadLetterSummary(
            groups: groups.values.sorted { ($0.count, $1.code) > ($1.count, $0.code) }, isWhole: isWhole)
    }

    private static func unquoted(_ json: String) -> String {
        var parser = JSONParser()
        let text = try? parser.withDocument(Array("[\(json)]".utf8)) { root in root.elements.first { _ in true }?.string
        }
        return (text ?? nil) ?? ""
    }

    private static func errorText(ofHeader header: String) -> String {
        var parser = JSONParser()
        let text = try? parser.withDocument(Array((header + "}").utf8)) { root in root["error"]?["text"]?.string }
        return (text ?? nil) ?? ""
    }
}

extension QueuedJob {
    /// When it died or was due, in Unix milliseconds; nil in lists and for what no clock shows.
    public var milliseconds: Int64? {
        score.flatMap { $0.isFinite && abs($0) < 1e15 ? Int64($0) : nil }
    }
}
