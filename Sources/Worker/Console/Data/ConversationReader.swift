internal import Conversations
internal import Postgres
internal import Tenants

/// A conversation as listings show it. Times are microseconds since 1970.
struct ConversationSummary: Sendable {
    struct LastMessage: Sendable {
        let isOutbound: Bool
        let type: String
        let text: String?
        let status: String
        /// Deleted by its sender: its text is not read.
        let isRevoked: Bool
    }

    let id: Int64
    let name: String?
    let username: String?
    /// Digits without a plus.
    let phone: String?
    /// BSUID.
    let userID: String?
    let lastAt: Int64
    /// When the customer last wrote: the window is open for 24 hours from then.
    let lastInboundAt: Int64?
    let last: LastMessage?

    var cursor: PageCursor { PageCursor(at: lastAt, id: String(id)) }

    /// How long a customer's message lets one write freely: 24 hours, in microseconds.
    static let window: Int64 = 86_400_000_000
    var windowClosesAt: Int64? { lastInboundAt.map { $0 + Self.window } }
}

/// Reads conversations in the order of their latest message.
enum ConversationReader {
    /// In characters.
    static let longestSearch = 100
    /// A search may have to look at all conversations of a tenant: one that takes too long ends, and so leaves its
    /// connection to others.
    static let listing = PostgresTransactionOptions(
        isReadOnly: true, settings: [PostgresTransactionOptions.Setting("statement_timeout", "3000")])

    private static let columns = """
        c.id, c.customer_name, c.customer_username,
        (select i.value from whatsapp_identities i
            where i.tenant_id = $1 and i.conversation_id = c.id and i.kind = 'phone'
            order by i.first_seen_at desc, i.value limit 1),
        (select i.value from whatsapp_identities i
            where i.tenant_id = $1 and i.conversation_id = c.id and i.kind = 'user_id'
            order by i.first_seen_at desc, i.value limit 1),
        c.at, c.last_inbound_at, m.direction, m.type, m.text, m.status, m.is_revoked
        """
    private static let lastMessage = """
        left join lateral (
            select m.direction, m.type, case when m.revoked_at is null then coalesce(m.edited_text, m.text) end as text,
                m.status, m.revoked_at is not null as is_revoked
            from whatsapp_messages m
            where m.conversation_id = c.id and m.tenant_id = $1 and m.target_wamid is null
            order by m.sent_at desc limit 1
        ) m on true
        """
    private static let page = PostgresStatement(
        """
        select \(columns) from (
            select c.*, coalesce(c.last_message_at, c.created_at) as at from whatsapp_conversations c
            where c.tenant_id = $1 and c.merged_into is null
                and ($2::timestamptz is null or (coalesce(c.last_message_at, c.created_at), c.id) < ($2, $3::bigint))
                and ($4::text is null or c.customer_name ilike $4 or c.customer_username ilike $4
                    or exists (select from whatsapp_identities i where i.tenant_id = $1 and i.conversation_id = c.id
                        and (i.value ilike $4 or ($5::text is not null and i.value like $5))))
            order by at desc, c.id desc limit $6
        ) c \(lastMessage) order by c.at desc, c.id desc
        """)
    private static let one = PostgresStatement(
        """
        select \(columns) from (
            select c.*, coalesce(c.last_message_at, c.created_at) as at from whatsapp_conversations c
            where c.tenant_id = $1 and c.id = $2
        ) c \(lastMessage)
        """)

    /// - Parameters:
    ///   - search: part of a name or number; empty: all.
    ///   - before: where the page before ended.
    static func list(
        _ tenant: TenantID, search: String, before: PageCursor?, limit: Int, in session: PostgresSession
    ) throws(PostgresError) -> [ConversationSummary] {
        let pattern = search.isEmpty ? nil : "%\(escaped(search))%"
        let digits = search.filter { ("0"..."9").contains($0) }
        var rows: [ConversationSummary] = []
        let found = try session.execute(
            page,
            [
                .int8(tenant.value), .timestamptz(before?.at), .int8(before.flatMap { Int64($0.id) }),
                .text(pattern), .text(digits.count >= 3 ? "%\(digits)%" : nil), .int8(Int64(limit)),
            ])
        for row in found { rows.append(try summary(row)) }
        return rows
    }

    /// One conversation; of one that was merged into another, that other. Nil where the tenant has none of this id.
    static func load(
        _ id: Int64, of tenant: TenantID, in session: PostgresSession
    ) throws(PostgresError) -> ConversationSummary? {
        let question = ConversationDirectory.Question(tenant: tenant.value, conversation: id, identity: nil)
        guard let living = try ConversationDirectory.identities(of: [question], in: session).first.flatMap({ $0 }),
            let row = try session.execute(one, [.int8(tenant.value), .int8(living.conversation)]).first
        else { return nil }
        return try summary(row)
    }

    private static func escaped(_ text: String) -> String {
        text.prefix(longestSearch).reduce(into: "") { out, character in
            if character == "%" || character == "_" || character == "\\" { out.append("\\") }
            if character != "\0" { out.append(character) }
        }
    }

    private static func summary(_ row: PostgresRow) throws(PostgresError) -> ConversationSummary {
        var last: ConversationSummary.LastMessage?
        if try !row.isNull(7) {
            last = ConversationSummary.LastMessage(
                isOutbound: try row.string(7) == "outbound", type: try row.string(8), text: try row.optionalString(9),
                status: try row.string(10), isRevoked: try row.bool(11))
        }
        return ConversationSummary(
            id: try row.int64(0), name: try row.optionalString(1), username: try row.optionalString(2),
            phone: try row.optionalString(3), userID: try row.optionalString(4), lastAt: try row.microseconds(5),
            lastInboundAt: try row.optionalMicroseconds(6), last: last)
    }
}
