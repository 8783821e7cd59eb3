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
    let at: Int64
    let reason: String?
    let isHeld: Bool
    let dueAt: Int64?
    let origin: String?

    var cursor: PageCursor { PageCursor(at: at, id: id) }
}

/// Reads the messages of a conversation, newest first.
enum MessageReader {
    private static let columns = """
        id, wamid, direction, type, status, text, reply_to, media_id, media_mime_type, media_filename, sent_at, reason,
            held, due_at, origin
        """
    private static let newest = PostgresStatement(
        """
        select \(columns) from whatsapp_messages
        where tenant_id = $1 and conversation_id = $2
        order by sent_at desc, id desc limit $3
        """)
    /// A statement of its own: only then the index leads to the place, however far back that is.
    private static let older = PostgresStatement(
        """
        select \(columns) from whatsapp_messages
        where tenant_id = $1 and conversation_id = $2 and (sent_at, id) < ($4::timestamptz, $5::text)
        order by sent_at desc, id desc limit $3
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
                    filename: try row.optionalString(9), at: try row.microseconds(10),
                    reason: try row.optionalString(11), isHeld: try row.bool(12),
                    dueAt: try row.optionalMicroseconds(13), origin: try row.optionalString(14)))
        }
        return rows
    }
}
