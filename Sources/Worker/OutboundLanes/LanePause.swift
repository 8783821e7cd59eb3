internal import LenientJSON

/// Why a number is paused, since when and by whom.
public struct LanePause: Sendable, Equatable {
    /// As whom a worker pauses a number, because Meta refused it.
    public static let program = "worker"

    public let reason: String
    /// Unix milliseconds of Redis' clock; nil where someone wrote the field by hand.
    public let since: Int64?
    public let by: String?

    /// Whether a worker made it, which writes it into the number's settings first: without a pause there it is over.
    public var isProgram: Bool { by == Self.program }

    /// Any text is a reason: with `redis-cli HSET` operators may pause without this program.
    init(text: String) {
        var parser = JSONParser()
        let parsed = try? parser.withDocument(Array(text.utf8)) { root -> LanePause? in
            guard root.isObject, let reason = root["reason"]?.string else { return nil }
            return LanePause(reason: reason, since: root["since"]?.int64, by: root["by"]?.string)
        }
        self = (parsed ?? nil) ?? LanePause(reason: text, since: nil, by: nil)
    }

    private init(reason: String, since: Int64?, by: String?) {
        self.reason = reason
        self.since = since
        self.by = by
    }
}
