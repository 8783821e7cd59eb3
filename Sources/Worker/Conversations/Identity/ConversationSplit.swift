internal import Postgres

/// Corrects what conversations say of themselves (names, times, where they live on) when messages went from one to another.
enum ConversationSplit {
    /// Messages that went from one conversation to another. Times, of the latest of them, are microseconds since 1970.
    struct Move {
        let origin: Int64
        let target: Int64
        let last: Int64
        let lastInbound: Int64?
    }

    private static let look: PostgresStatement = """
        select id, customer_name, customer_username, last_inbound_at from whatsapp_conversations where id = any ($1)
        """
    /// What is later than all that went away stays: a call is no message, and messages are removed some day.
    private static let times: PostgresStatement = """
        update whatsapp_conversations c set
            last_message_at = case when c.last_message_at > n.last then c.last_message_at
                else (select max(sent_at) from whatsapp_messages m where m.conversation_id = c.id) end,
            last_inbound_at = case when n.last_inbound is null or c.last_inbound_at > n.last_inbound
                then c.last_inbound_at
                else (select sent_at from whatsapp_messages m
                    where m.conversation_id = c.id and m.direction = 'inbound' order by sent_at desc limit 1) end
        from (
            select origin, max(last) as last, max(last_inbound) as last_inbound
            from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) as m (origin, last, last_inbound)
            group by origin) n
        where c.id = n.origin
        """
    /// Where messages came, calls count as before.
    private static let laterTimes: PostgresStatement = """
        update whatsapp_conversations c set
            last_message_at = greatest(c.last_message_at,
                (select max(sent_at) from whatsapp_messages m where m.conversation_id = c.id)),
            last_inbound_at = greatest(c.last_inbound_at,
                (select sent_at from whatsapp_messages m
                    where m.conversation_id = c.id and m.direction = 'inbound' order by sent_at desc limit 1))
        where c.id = any ($1)
        """
    /// Who wrote last gave the names: they go with that message.
    private static let names: PostgresStatement = """
        with moved as (
            select distinct on (m.target) m.target, m.name, m.username
            from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[])
                as m (origin, target, name, username, last)
            join whatsapp_conversations o on o.id = m.origin
            join whatsapp_conversations t on t.id = m.target
            where o.last_inbound_at is distinct from m.last and t.last_inbound_at = m.last
            order by m.target, m.last desc
        ), taken as (
            update whatsapp_conversations c set customer_name = coalesce(m.name, c.customer_name),
                customer_username = coalesce(m.username, c.customer_username)
            from moved m where c.id = m.target
        )
        update whatsapp_conversations c set customer_name = null, customer_username = null
        from unnest($1::bigint[], $5::timestamptz[]) as m (origin, last)
        where c.id = m.origin and c.last_inbound_at is distinct from m.last
            and c.id not in (select target from moved)
        """
    /// A conversation of which nothing is left lives on where most of it went.
    private static let emptied: PostgresStatement = """
        update whatsapp_conversations c set merged_into = n.target
        from unnest($1::bigint[], $2::bigint[]) as n (origin, target)
        where (c.id = n.origin or c.merged_into = n.origin)
            and not exists (select from whatsapp_messages m where m.conversation_id = n.origin)
            and not exists (select from whatsapp_identities i where i.conversation_id = n.origin)
        """

    /// The conversations' rows are locked, but for new ones.
    /// - Parameter moves: from where to where messages went; of each origin, where most went comes first.
    static func follow(_ moves: [Move], in session: PostgresSession) throws(PostgresError) {
        guard !moves.isEmpty else { return }
        let losers = Set(moves.map(\.origin))
        struct Shown {
            let name: String?
            let username: String?
            let last: Int64?
        }
        var shown: [Int64: Shown] = [:]
        for row in try session.execute(look, [.array(.int8(of: losers.sorted()))]) {
            shown[try row.int64(0)] = Shown(
                name: try row.optionalString(1), username: try row.optionalString(2),
                last: try row.optionalMicroseconds(3))
        }
        var (origins, targets) = (PostgresArray.int8(), PostgresArray.int8())
        var (latest, inbound) = (PostgresArray.timestamptz(), PostgresArray.timestamptz())
        var (called, usernames, last) = (PostgresArray.text(), PostgresArray.text(), PostgresArray.timestamptz())
        for move in moves {
            origins.append(move.origin)
            targets.append(move.target)
            latest.append(microseconds: move.last)
            inbound.append(microseconds: move.lastInbound)
            called.append(shown[move.origin]?.name)
            usernames.append(shown[move.origin]?.username)
            last.append(microseconds: shown[move.origin]?.last)
        }
        _ = try session.execute(times, [.array(origins), .array(latest), .array(inbound)])
        // Also where messages came to a conversation that others left.
        _ = try session.execute(laterTimes, [.array(.int8(of: Set(moves.map(\.target)).sorted()))])
        _ = try session.execute(
            names, [.array(origins), .array(targets), .array(called), .array(usernames), .array(last)])
        let most = Dictionary(moves.map { ($0.origin, $0.target) }, uniquingKeysWith: { first, _ in first })
            .sorted { $0.key < $1.key }
        _ = try session.execute(
            emptied, [.array(.int8(of: most.map(\.key))), .array(.int8(of: most.map(\.value)))])
    }
}
