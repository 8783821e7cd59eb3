internal import Postgres

/// Lets conversations live on in others: their messages, identities and latest times move, their ids redirect.
enum ConversationMerge {
    /// In the order of the ids, so that no two transactions wait for one another: those that only note news in
    /// conversations lock their rows in that order too.
    private static let lock: PostgresStatement = """
        select id from whatsapp_conversations where id = any($1) order by id for no key update
        """
    private static let carry: PostgresStatement = """
        update whatsapp_conversations c set
            last_message_at = greatest(c.last_message_at, e.last_message_at),
            last_inbound_at = greatest(c.last_inbound_at, e.last_inbound_at),
            customer_name = case when c.customer_name is null or e.last_inbound_at > c.last_inbound_at
                then coalesce(e.name, c.customer_name) else c.customer_name end,
            customer_username = case when c.customer_username is null or e.last_inbound_at > c.last_inbound_at
                then coalesce(e.username, c.customer_username) else c.customer_username end
        from (
            select m.target, max(o.last_message_at) as last_message_at, max(o.last_inbound_at) as last_inbound_at,
                (array_agg(o.customer_name order by o.last_inbound_at desc nulls last)
                    filter (where o.customer_name is not null))[1] as name,
                (array_agg(o.customer_username order by o.last_inbound_at desc nulls last)
                    filter (where o.customer_username is not null))[1] as username
            from unnest($1::bigint[], $2::bigint[]) as m (ended, target)
            join whatsapp_conversations o on o.id = m.ended
            group by m.target) e
        where c.id = e.target
        """
    private static let redirect: PostgresStatement = """
        update whatsapp_conversations c set merged_into = m.target
        from unnest($1::bigint[], $2::bigint[]) as m (ended, target)
        where c.id = m.ended or c.merged_into = m.ended
        """
    private static let holders: PostgresStatement = """
        update whatsapp_identities i set conversation_id = m.target
        from unnest($1::bigint[], $2::bigint[]) as m (ended, target) where i.conversation_id = m.ended
        """
    private static let previousHolders: PostgresStatement = """
        update whatsapp_identities i set previous_id = m.target
        from unnest($1::bigint[], $2::bigint[]) as m (ended, target) where i.previous_id = m.ended
        """
    private static let messages: PostgresStatement = """
        update whatsapp_messages w set conversation_id = m.target
        from unnest($1::bigint[], $2::bigint[]) as m (ended, target) where w.conversation_id = m.ended
        """

    /// Locks the rows of all conversations that a transaction will write to.
    static func hold(_ conversations: Set<Int64>, in session: PostgresSession) throws(PostgresError) {
        _ = try session.execute(lock, [.array(.int8(of: conversations.sorted()))])
    }

    /// After ``hold(_:in:)``.
    static func write(
        _ merges: [(ended: Int64, into: Int64)], in session: PostgresSession
    ) throws(PostgresError) {
        let (ended, into) = (PostgresArray.int8(of: merges.map(\.ended)), PostgresArray.int8(of: merges.map(\.into)))
        for statement in [carry, redirect, holders, previousHolders, messages] {
            _ = try session.execute(statement, [.array(ended), .array(into)])
        }
    }
}
