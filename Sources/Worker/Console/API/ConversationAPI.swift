internal import HTTPTypes
internal import Hummingbird
internal import Outbound
internal import Postgres
internal import QueueAdministration
internal import Tenants

/// `/api/whatsapp/conversations`: what was said, newest first.
struct ConversationAPI: Sendable {
    private static let path = "/api/whatsapp/conversations"

    let access: Access

    var routes: [Route] {
        [
            access.tenant(.get, Self.path) { call, caller in try await list(call, caller) },
            access.tenant(.get, Self.path + "/{id}/messages") { call, caller in try await messages(call, caller) },
        ]
    }

    private func list(_ call: Call, _ caller: TenantCaller) async throws -> Response {
        let limit = try call.limit()
        let before = try call.cursor { Int64($0.id) != nil }
        let search = call.query["q"] ?? ""
        guard search.unicodeScalars.count <= ConversationReader.longestSearch else {
            throw Problem.badRequest("q: is longer than \(ConversationReader.longestSearch) characters")
        }
        let rows = try await caller.database.withTransaction(options: ConversationReader.listing) { session in
            try ConversationReader.list(
                caller.tenant, search: search, before: before, limit: limit + 1, in: session)
        }
        return Self.page("conversations", rows, limit, Self.json) { $0.cursor }
    }

    private func messages(_ call: Call, _ caller: TenantCaller) async throws -> Response {
        let limit = try call.limit()
        let before = try call.cursor { _ in true }
        guard let id = Int64(call.parameter("id")) else { throw Problem.notFound }
        let rows = try await caller.database.withTransaction { session -> [ThreadRow]? in
            guard let conversation = try ConversationReader.load(id, of: caller.tenant, in: session) else { return nil }
            return try MessageReader.list(
                conversation.id, of: caller.tenant, before: before, limit: limit + 1, in: session)
        }
        guard let rows else { throw Problem.notFound }
        return Self.page("messages", rows, limit, Self.json) { $0.cursor }
    }

    /// One page; `next` is where the following one begins, null on the last.
    private static func page<Row>(
        _ name: String, _ rows: [Row], _ limit: Int, _ json: (Row) -> JSONOutput, _ cursor: (Row) -> PageCursor
    ) -> Response {
        let shown = rows.prefix(limit)
        let next = rows.count > limit ? shown.last.map { cursor($0).text } : nil
        return Answer.json(.object([(name, .list(shown.map(json))), ("next", .orNull(next))]))
    }

    private static func json(_ row: ConversationSummary) -> JSONOutput {
        .object([
            ("id", .text(String(row.id))), ("name", .orNull(row.name)), ("username", .orNull(row.username)),
            ("phone", .orNull(row.phone.map { "+" + $0 })), ("user_id", .orNull(row.userID)),
            ("last_message_at", .text(UTCTime.text(row.lastAt))),
            ("window_closes_at", .orNull(row.windowClosesAt.map(UTCTime.text))),
            (
                "last_message",
                row.last.map { last in
                    .object([
                        ("direction", .text(last.isOutbound ? "outbound" : "inbound")), ("type", .text(last.type)),
                        ("text", .orNull(last.text)), ("status", .text(last.status)),
                    ])
                } ?? .null
            ),
        ])
    }

    private static func json(_ row: ThreadRow) -> JSONOutput {
        .object([
            ("id", .text(row.id)), ("wamid", .orNull(row.wamid)),
            ("direction", .text(row.isOutbound ? "outbound" : "inbound")), ("type", .text(row.type)),
            ("status", .text(row.status)), ("text", .orNull(row.text)), ("reply_to", .orNull(row.replyTo)),
            (
                "media",
                row.mediaID.map { id in
                    .object([
                        ("id", .text(id)), ("mime_type", .orNull(row.mediaType)), ("filename", .orNull(row.filename)),
                        ("state", .orNull(row.file?.state)), ("size", .orNull(row.file?.size)),
                        ("reason", .orNull(row.file?.reason)),
                        ("url", .orNull(row.file?.isStored == true ? MediaAPI.path(of: row.id) : nil)),
                    ])
                } ?? .null
            ), ("at", .text(UTCTime.text(row.at))), ("edited_at", .orNull(row.editedAt.map(UTCTime.text))),
            ("revoked_at", .orNull(row.revokedAt.map(UTCTime.text))), ("reason", .orNull(row.reason)),
        ])
    }
}

extension Call {
    /// The cursor in `before`; nil: from the newest on.
    func cursor(_ isValid: (PageCursor) -> Bool) throws(Problem) -> PageCursor? {
        guard let text = query["before"] else { return nil }
        guard let cursor = PageCursor(text), isValid(cursor) else {
            throw .badRequest("before: expected the next of an earlier answer")
        }
        return cursor
    }
}
