internal import LenientJSON
public import Tenants

/// Where a message is: what was asked, each attempt, each status. Times are microseconds since 1970.
public struct MessageReport: Sendable, Equatable {
    public struct Attempt: Sendable, Equatable {
        public let number: Int32
        public let startedAt: Int64
        public let endedAt: Int64?
        /// `accepted`, `refused`, `not_sent`, `unknown`, `failed`; nil while it is under way.
        public let outcome: String?
        /// Meta's error code.
        public let code: Int32?
        /// Plain words.
        public let explanation: String?
        public let wamid: String?
    }

    public struct Status: Sendable, Equatable {
        public let status: String
        public let at: Int64
        /// JSON of the errors that came with it.
        public let errors: String?
    }

    /// The file that came with a message.
    public struct File: Sendable, Equatable {
        /// `pending`, `stored`, `failed`.
        public let state: String
        public let attempts: Int32
        /// In bytes, once it is stored.
        public let size: Int64?
        /// Why it is not there, in plain words.
        public let reason: String?
    }

    public let id: String
    public let tenant: TenantID
    public let tenantName: String
    public let isOutbound: Bool
    public let type: String
    public let status: String
    public let wamid: String?
    /// `+E.164` or a BSUID.
    public private(set) var recipient: String?
    public let recipientWaID: String?
    public let number: String?
    public let createdAt: Int64
    /// `api`, `redis`, `outbox`, `command`, `console`; nil for what we did not send.
    public let origin: String?
    public let idempotencyKey: String?
    public let quoteID: String?
    public let quoteVersion: Int32?
    public let reason: String?
    /// The message that was made of it when somebody sent it again.
    public let sentAgainAs: String?
    public let situation: SendSituation
    /// The latest, in their order.
    public let attempts: [Attempt]
    /// How many there were before those.
    public let attemptsLeftOut: Int
    public let statuses: [Status]
    public let file: File?
    /// When its sender deleted it.
    public let revokedAt: Int64?

    /// The answer of `GET /api/whatsapp/messages/<id>`.
    public var json: String {
        var json = RequestJSON()
        json.add("id", id)
        json.add("status", status)
        json.add("wamid", raw: Self.orNull(wamid))
        json.add("to", raw: Self.orNull(recipient))
        json.add("type", type)
        json.add("created_at", time: createdAt)
        json.add("reason", raw: Self.orNull(reason))
        if let sentAgainAs { json.add("sent_again_as", sentAgainAs) }
        json.add("attempts", raw: RequestJSON.list(attempts.map(Self.json)))
        if attemptsLeftOut > 0 { json.add("attempts_left_out", raw: String(attemptsLeftOut)) }
        json.add("statuses", raw: RequestJSON.list(statuses.map(Self.json)))
        return json.closed
    }

    func with(recipient: String?) -> MessageReport {
        var report = self
        report.recipient = recipient
        return report
    }

    private static func json(_ attempt: Attempt) -> String {
        var json = RequestJSON()
        json.add("at", time: attempt.startedAt)
        json.add("outcome", raw: orNull(attempt.outcome))
        json.add("code", raw: attempt.code.map(String.init) ?? "null")
        json.add("explanation", raw: orNull(attempt.explanation))
        return json.closed
    }

    private static func json(_ status: Status) -> String {
        var json = RequestJSON()
        json.add("status", status.status)
        json.add("at", time: status.at)
        return json.closed
    }

    private static func orNull(_ text: String?) -> String { text.map(JSONText.quoted) ?? "null" }
}
