public import JobQueue
internal import LenientJSON
internal import OperationsKit
public import RedisClient

/// Why a queue is paused, since when and by whom: the text under `…:paused`.
public struct PauseNote: Sendable, Equatable {
    public let reason: String
    /// Unix milliseconds of Redis' clock; nil where someone wrote the key by hand.
    public let since: Int64?
    public let by: String?

    /// Any text is a reason: with `redis-cli SET` operators may pause without this program.
    init(text: String) {
        var parser = JSONParser()
        let parsed = try? parser.withDocument(Array(text.utf8)) { root -> PauseNote? in
            guard root.isObject, let reason = root["reason"]?.string else { return nil }
            return PauseNote(reason: reason, since: root["since"]?.int64, by: root["by"]?.string)
        }
        self = (parsed ?? nil) ?? PauseNote(reason: text, since: nil, by: nil)
    }

    private init(reason: String, since: Int64?, by: String?) {
        self.reason = reason
        self.since = since
        self.by = by
    }

    /// `since 2026-11-22T08:15:00Z by cli:root: <reason>`.
    public var sentence: String {
        let since = since.map { "since \(Moment.text(milliseconds: $0)) " } ?? ""
        return "\(since)by \(by ?? "someone"): \(reason)".printable
    }
}

/// Pauses a queue and lets it go on. Needs Redis alone: it must also work while Postgres is away.
public struct QueuePause: Sendable {
    private let keys: QueueKeys
    private let redis: any RedisCommandSender

    public init(keys: QueueKeys, redis: any RedisCommandSender) {
        self.keys = keys
        self.redis = redis
    }

    /// - Returns: whether this call paused it, and the note that stands now: an earlier one stays as it is.
    public func pause(reason: String, by actor: String) async throws -> (changed: Bool, note: PauseNote) {
        let reply = try await redis.run(
            AdministrationScripts.pause, keys: [keys.paused],
            arguments: [.text(JSONText.quoted(actor)), .text(JSONText.quoted(reason))]
        ).array(of: "the pause")
        guard reply.count == 2, let note = reply[1].text else {
            throw AdministrationError("Redis gave no answer to the pause that makes sense")
        }
        return (reply[0].integer == 1, PauseNote(text: note))
    }

    /// - Returns: the note of the pause that ended; nil if the queue was not paused.
    public func resume() async throws -> PauseNote? {
        try await redis.run(AdministrationScripts.resume, keys: [keys.paused], arguments: []).text
            .map(PauseNote.init(text:))
    }

    /// The note that stands now; nil while the queue is not paused.
    public func note() async throws -> PauseNote? {
        try await redis.send(RedisCommand("GET", .text(keys.paused))).text.map(PauseNote.init(text:))
    }
}
