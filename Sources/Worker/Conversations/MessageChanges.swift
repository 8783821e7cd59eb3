internal import Postgres
internal import WhatsAppPayload

/// Reactions, edits and revokes: what they make of the messages that they name.
///
/// Each change is a message of its own. What they make of their target is computed from all of them together, so that
/// neither their order nor their repetition matters.
enum MessageChanges {
    struct Target: Hashable, Comparable {
        let tenant: Int64
        let wamid: String

        static func < (left: Target, right: Target) -> Bool {
            (left.tenant, left.wamid) < (right.tenant, right.wamid)
        }
    }

    /// Before anything is computed: two transactions with a change each for one message take turns, and the later one
    /// sees the earlier one's.
    private static let lock: PostgresStatement = """
        select 1 from unnest($1::bigint[], $2::text[]) as t (tenant_id, wamid)
        join whatsapp_messages m on m.tenant_id = t.tenant_id and m.wamid = t.wamid
        order by m.tenant_id, m.wamid for no key update of m
        """
    private static let apply: PostgresStatement = """
        update whatsapp_messages m set edited_text = e.text, edited_at = e.sent_at, revoked_at = r.sent_at,
            reactions = x.list
        from unnest($1::bigint[], $2::text[]) as t (tenant_id, wamid)
        join whatsapp_messages o on o.tenant_id = t.tenant_id and o.wamid = t.wamid
        left join lateral (
            select c.text, c.sent_at from whatsapp_messages c
            where c.tenant_id = t.tenant_id and c.target_wamid = t.wamid and c.type = 'edit'
                and c.direction = o.direction
            order by c.sent_at desc, c.wamid desc limit 1) e on true
        left join lateral (
            select min(c.sent_at) as sent_at from whatsapp_messages c
            where c.tenant_id = t.tenant_id and c.target_wamid = t.wamid and c.type = 'revoke'
                and c.direction = o.direction) r on true
        left join lateral (
            select jsonb_agg(jsonb_build_object(
                    'by', case l.direction when 'inbound' then 'customer' else 'business' end,
                    'emoji', substr(l.text, length('[reaction] ') + 1),
                    'at', to_char(l.sent_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                order by l.sent_at, l.wamid) as list
            from (
                -- In a group everybody reacts for themselves; else there is one customer, whoever they become.
                select distinct on (c.direction, case when c.group_id is not null then c.conversation_id end)
                    c.direction, c.text, c.sent_at, c.wamid
                from whatsapp_messages c
                where c.tenant_id = t.tenant_id and c.target_wamid = t.wamid and c.type = 'reaction'
                order by c.direction, case when c.group_id is not null then c.conversation_id end, c.sent_at desc,
                    c.wamid desc) l
            where l.text like '[reaction] %') x on true
        where m.id = o.id
        """
    private static let mark: PostgresStatement = """
        update whatsapp_messages c set applied_at = now()
        from unnest($1::bigint[], $2::text[]) as t (tenant_id, wamid)
        join whatsapp_messages o on o.tenant_id = t.tenant_id and o.wamid = t.wamid
        where c.tenant_id = t.tenant_id and c.target_wamid = t.wamid and c.applied_at is null
        """

    /// An edit says what the deleted message said last: it is deleted with it, also where that message never came, and the
    /// edit stands for it.
    private static let revokeEdits: PostgresStatement = """
        update whatsapp_messages c set revoked_at = r.sent_at
        from unnest($1::bigint[], $2::text[]) as t (tenant_id, wamid)
        cross join lateral (
            select v.direction, min(v.sent_at) as sent_at from whatsapp_messages v
            where v.tenant_id = t.tenant_id and v.target_wamid = t.wamid and v.type = 'revoke'
            group by v.direction) r
        where c.tenant_id = t.tenant_id and c.target_wamid = t.wamid and c.type = 'edit' and c.direction = r.direction
            and c.revoked_at is distinct from r.sent_at
        """

    /// Applies the changes among the messages, which are stored, to the targets that are there already.
    static func apply(_ messages: [RoutedMessage], in session: PostgresSession) throws(PostgresError) {
        var targets: Set<Target> = []
        for row in messages {
            if let change = row.message.change { targets.insert(Target(tenant: row.tenant, wamid: change.target)) }
        }
        try apply(to: targets, in: session)
    }

    static func apply(to targets: Set<Target>, in session: PostgresSession) throws(PostgresError) {
        guard !targets.isEmpty else { return }
        let ordered = targets.sorted()
        let parameters: PostgresParameters = [
            .array(.int8(of: ordered.map(\.tenant))), .array(.text(of: ordered.map(\.wamid))),
        ]
        let isAnyThere = try !session.execute(lock, parameters).isEmpty
        _ = try session.execute(revokeEdits, parameters)
        guard isAnyThere else { return }
        _ = try session.execute(apply, parameters)
        _ = try session.execute(mark, parameters)
    }
}
