internal import ConsolePages
internal import Postgres
internal import Tenants

/// What later messages made of one, and what a quote link's button leads to.
struct ThreadEffects: Sendable {
    private static let read: PostgresStatement = """
        select id, applied_at is not null,
            (select array_agg((r ->> 'by') || ' ' || (r ->> 'emoji')) from jsonb_array_elements(reactions) r),
            request #>> '{quote,url}', request ->> 'button', quote_id
        from whatsapp_messages
        where tenant_id = $1 and id = any($2)
            and (applied_at is not null or reactions is not null or quote_id is not null)
        """

    /// It changed another message, which shows the change: it is no line of its own.
    var isApplied = false
    var reactions: [Reaction] = []
    var link: LinkMark?

    /// By message id; most messages have none.
    static func load(
        of rows: [ThreadRow], _ tenant: TenantID, in session: PostgresSession
    ) throws(PostgresError) -> [String: ThreadEffects] {
        guard !rows.isEmpty else { return [:] }
        var ids = PostgresArray.text(capacity: rows.count, bytesPerElement: 26)
        for row in rows { ids.append(row.id) }
        var effects: [String: ThreadEffects] = [:]
        for row in try session.execute(read, [.int8(tenant.value), .array(ids)]) {
            var effect = ThreadEffects(isApplied: try row.bool(1))
            if try !row.isNull(2) { effect.reactions = try row.stringArray(2).compactMap { $0.flatMap(reaction) } }
            if let url = try row.optionalString(3) {
                effect.link = LinkMark(
                    url: url, button: try row.optionalString(4) ?? "View quote", quoteID: try row.optionalString(5))
            }
            effects[try row.string(0)] = effect
        }
        return effects
    }

    /// `customer 👍`
    private static func reaction(_ text: String) -> Reaction? {
        guard let space = text.firstIndex(of: " ") else { return nil }
        return Reaction(emoji: String(text[text.index(after: space)...]), isOurs: text[..<space] == "business")
    }
}
