internal import Outbound
internal import Postgres
internal import Tenants

/// What a thread's page shows.
struct ThreadContents: Sendable {
    let conversation: ConversationSummary
    /// Newest first.
    let rows: [ThreadRow]
    /// The messages that others answer, by wamid.
    let answered: [String: ThreadRow.Answered]
    /// By message id.
    let effects: [String: ThreadEffects]
    /// Which message was made of one that ended when somebody sent it again, by the earlier one's id.
    let again: [String: String]
    let config: TenantConfig?
}

extension ThreadRow {
    /// A message that another one answers.
    struct Answered: Sendable {
        let id: String
        let isOutbound: Bool
        let text: String?
        let type: String
        let isRevoked: Bool
    }
}

/// Reads a conversation with a page of its messages.
enum ThreadReader {
    private static let findConversation: PostgresStatement = """
        select conversation_id from whatsapp_messages where tenant_id = $1 and id = $2
        """
    private static let findAnswered: PostgresStatement = """
        select wamid, id, direction, case when revoked_at is null then coalesce(edited_text, text) end, type,
            revoked_at is not null
        from whatsapp_messages where tenant_id = $1 and wamid = any($2)
        """

    /// Nil where the tenant has no such conversation.
    static func load(
        _ id: Int64, of tenant: TenantID, before: PageCursor?, limit: Int, in session: PostgresSession
    ) throws(PostgresError) -> ThreadContents? {
        guard let conversation = try ConversationReader.load(id, of: tenant, in: session) else { return nil }
        let rows = try MessageReader.list(conversation.id, of: tenant, before: before, limit: limit, in: session)
        return ThreadContents(
            conversation: conversation, rows: rows, answered: try answered(by: rows, tenant, in: session),
            effects: try ThreadEffects.load(of: rows, tenant, in: session),
            again: try SentAgain.find(rows.filter(\.hasEndedUnsent).map(\.id), of: tenant, in: session),
            config: try ConfigStore.load(tenant, in: session))
    }

    /// Which conversation a message belongs to.
    static func conversation(
        of message: String, tenant: TenantID, in session: PostgresSession
    ) throws(PostgresError) -> Int64? {
        let row = try session.execute(findConversation, [.int8(tenant.value), .text(message)]).first
        return try row.map { row throws(PostgresError) in try row.int64(0) }
    }

    private static func answered(
        by rows: [ThreadRow], _ tenant: TenantID, in session: PostgresSession
    ) throws(PostgresError) -> [String: ThreadRow.Answered] {
        let wamids = Set(rows.compactMap(\.replyTo))
        guard !wamids.isEmpty else { return [:] }
        var array = PostgresArray.text(capacity: wamids.count)
        for wamid in wamids { array.append(wamid) }
        var answered: [String: ThreadRow.Answered] = [:]
        for row in try session.execute(findAnswered, [.int8(tenant.value), .array(array)]) {
            answered[try row.string(0)] = ThreadRow.Answered(
                id: try row.string(1), isOutbound: try row.string(2) == "outbound", text: try row.optionalString(3),
                type: try row.string(4), isRevoked: try row.bool(5))
        }
        return answered
    }
}
