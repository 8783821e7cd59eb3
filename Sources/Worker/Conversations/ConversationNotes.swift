internal import Postgres
internal import WhatsAppPayload

/// Notes the latest times and names in conversations.
///
/// Writing them locks the conversation's row until the end of the transaction, before any message is written to it: so
/// a conversation that was merged or erased since it was looked up is noticed here, and one can't be merged or erased
/// between its look-up and its message. The rows are locked in the order of their ids, whatever plan the update gets: two
/// batches with the same customers wait for one another and never both.
enum ConversationNotes {
    /// A statement of its own: joined to the update, two lists of unknown length would be compared each with each.
    private static let lock: PostgresStatement = """
        select count(*) from (
            select id from whatsapp_conversations where id = any ($1) order by id for no key update) as locked
        """
    private static let write: PostgresStatement = """
        with written as (
            update whatsapp_conversations c set
                last_message_at = greatest(c.last_message_at, n.last_message_at),
                last_inbound_at = greatest(c.last_inbound_at, n.last_inbound_at),
                customer_name = case when n.name is not null and (c.customer_name is null or c.last_inbound_at is null
                    or n.last_inbound_at >= c.last_inbound_at) then n.name else c.customer_name end,
                customer_username = case when n.username is not null and (c.customer_username is null
                    or c.last_inbound_at is null or n.last_inbound_at >= c.last_inbound_at)
                    then n.username else c.customer_username end
            from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[])
                as n (id, last_message_at, last_inbound_at, name, username)
            where c.id = n.id
            returning c.id, c.merged_into)
        select id, merged_into from written where merged_into is not null
        union all
        select whatsapp_conversation_gone(), null where (select count(*) from written) < cardinality($1)
        """

    /// Follows merges: each message's conversation is one that lives afterwards.
    /// - Parameter calls: with their customers' conversations.
    static func write(
        _ messages: inout [RoutedMessage], beside calls: some Sequence<(RoutedCall, Int64)>, in session: PostgresSession
    ) throws(PostgresError) {
        var news: [Int64: ConversationNews] = [:]
        for row in messages { news[row.conversation, default: ConversationNews()].add(row) }
        for (call, conversation) in calls { news[conversation, default: ConversationNews()].add(call) }
        let moved = try write(news, in: session)
        guard !moved.isEmpty else { return }
        for index in messages.indices {
            if let target = moved[messages[index].conversation] { messages[index].conversation = target }
        }
    }

    /// - Returns: conversations that had been merged, and where they live on.
    static func write(
        _ news: [Int64: ConversationNews], in session: PostgresSession
    ) throws(PostgresError) -> [Int64: Int64] {
        var moved: [Int64: Int64] = [:]
        var news = news
        while !news.isEmpty {
            let ordered = news.sorted { $0.key < $1.key }
            let count = ordered.count
            var ids = PostgresArray.int8(capacity: count)
            var lastMessage = PostgresArray.timestamptz(capacity: count)
            var lastInbound = PostgresArray.timestamptz(capacity: count)
            var (names, usernames) = (PostgresArray.text(capacity: count), PostgresArray.text(capacity: count))
            for (id, item) in ordered {
                ids.append(id)
                lastMessage.append(microseconds: item.lastMessage)
                lastInbound.append(microseconds: item.lastInbound)
                names.append(item.name)
                usernames.append(item.username)
            }
            _ = try session.execute(lock, [.array(ids)])
            let rows = try session.execute(
                write, [.array(ids), .array(lastMessage), .array(lastInbound), .array(names), .array(usernames)])
            var again: [Int64: ConversationNews] = [:]
            for row in rows {
                let (ended, target) = (try row.int64(0), try row.int64(1))
                for (id, known) in moved where known == ended { moved[id] = target }
                moved[ended] = target
                if let item = news[ended] { again[target, default: ConversationNews()].add(item) }
            }
            news = again
        }
        return moved
    }
}

/// What a batch tells about one conversation. Times are microseconds since 1970.
struct ConversationNews {
    var lastMessage: Int64?
    /// When the customer last wrote or called.
    var lastInbound: Int64?
    var name: String?
    var username: String?

    mutating func add(_ row: RoutedMessage) {
        lastMessage = max(lastMessage ?? .min, row.sentAt)
        // An echo is our own message: it opens no window and its contact is not the sender.
        guard !row.isEcho else { return }
        hear(from: row.message.customer, at: row.sentAt)
    }

    mutating func add(_ row: RoutedCall) { hear(from: row.call.customer, at: row.startedAt) }

    private mutating func hear(from customer: Customer, at time: Int64) {
        guard time >= lastInbound ?? .min else { return }
        lastInbound = time
        name = customer.profileName ?? name
        username = customer.username ?? username
    }

    mutating func add(_ other: ConversationNews) {
        if let time = other.lastMessage { lastMessage = max(lastMessage ?? .min, time) }
        guard let inbound = other.lastInbound, inbound >= lastInbound ?? .min else { return }
        lastInbound = inbound
        name = other.name ?? name
        username = other.username ?? username
    }
}
