internal import Postgres
internal import Tenants

/// A message as a thread shows it. Times are microseconds since 1970.
struct ThreadRow: Sendable {
    let id: String
    let wamid: String?
    let isOutbound: Bool
    let type: String
    let status: String
    let text: String?
    /// The wamid that this one answers.
    let replyTo: String?
    let mediaID: String?
    let mediaType: String?
    let filename: String?
    /// What became of the file; nil where nobody looks after it.
    let file: StoredFile?
    let at: Int64
    let reason: String?
    let isHeld: Bool
    let dueAt: Int64?
    let origin: String?
    /// When its sender changed it last; ``text`` is what it says since then.
    let editedAt: Int64?
    /// When its sender deleted it: of what it said and brought nothing is read.
    let revokedAt: Int64?

    var cursor: PageCursor { PageCursor(at: at, id: id) }
    /// One of ours that did not go out, and will not by itself.
    var hasEndedUnsent: Bool { isOutbound && ["failed", "expired", "cancelled"].contains(status) }
}

/// What became of the file that came with a message.
struct StoredFile: Sendable {
    /// `pending`, `stored` or `failed`.
    let state: String
    /// In bytes, once it is stored.
    let size: Int64?
    /// Why it is not there (yet), in plain words.
    let reason: String?

    var isStored: Bool { state == "stored" }
}

/// Reads the messages of a conversation, newest first.
enum MessageReader {
    private static let columns = """
        m.id, m.wamid, m.direction, m.type, m.status,
            case when m.revoked_at is null then coalesce(m.edited_text, m.text) end, m.reply_to,
            case when m.revoked_at is null then m.media_id end, m.media_mime_type, m.media_filename, m.sent_at,
            m.reason, m.held, m.due_at, m.origin, f.state, f.size, f.reason, m.edited_at, m.revoked_at
        from whatsapp_messages m left join whatsapp_media f on f.message_id = m.id and f.tenant_id = m.tenant_id
        """
    private static let newest = PostgresStatement(
        """
        select \(columns)
        where m.tenant_id = $1 and m.conversation_id = $2
        order by m.sent_at desc, m.id desc limit $3
        """)
    /// A statement of its own: only then the index leads to the place, however far back that is.
    private static let older = PostgresStatement(
        """
        select \(columns)
        where m.tenant_id = $1 and m.conversation_id = $2 and (m.sent_at, m.id) < ($4::timestamptz, $5::text)
        order by m.sent_at desc, m.id desc limit $3
        """)

    static func list(
        _ conversation: Int64, of tenant: TenantID, before: PageCursor?, limit: Int, in session: PostgresSession
    ) throws(PostgresError) -> [ThreadRow] {
        var rows: [ThreadRow] = []
        let found =
            if let before {
                try session.execute(
                    older,
                    [
                        .int8(tenant.value), .int8(conversation), .int8(Int64(limit)), .timestamptz(before.at),
                        .text(before.id),
                    ])
            } else {
                try session.execute(newest, [.int8(tenant.value), .int8(conversation), .int8(Int64(limit))])
            }
        for row in found {
            rows.append(
                ThreadRow(
                    id: try row.string(0), wamid: try row.optionalString(1),
                    isOutbound: try row.string(2) == "outbound", type: try row.string(3), status: try row.string(4),
                    text: try row.optionalString(5), replyTo: try row.optionalString(6),
                    mediaID: try row.optionalString(7), mediaType: try row.optionalString(8),
                    filename: try row.optionalString(9),
                    file: try row.optionalString(15).map { state throws(PostgresError) in
                        StoredFile(state: state, size: try row.optionalInt64(16), reason: try row.optionalString(17))
                    }, at: try row.microseconds(10),
                    reason: try row.optionalString(11), isHeld: try row.bool(12),
                    dueAt: try row.optionalMicroseconds(13), origin: try row.optionalString(14),
                    editedAt: try row.optionalMicroseconds(18), revokedAt: try row.optionalMicroseconds(19)))
        }
        return rows
    }
}
