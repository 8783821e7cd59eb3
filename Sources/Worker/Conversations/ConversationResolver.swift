internal import Postgres
internal import WhatsAppPayload

/// Finds or opens the conversation of each message's customer, and notes in it what the messages tell.
///
/// Known customers cost one look-up for the whole batch and no lock. Only where a customer or an identity is new does a
/// lock on the tenant keep two workers from opening two conversations for one person.
enum ConversationResolver {
    /// First half of the advisory lock's key; the second is the tenant.
    private static let lockSpace: Int32 = 7_001

    private static let lookup: PostgresStatement = """
        select c.ord, p.conversation_id, u.conversation_id,
            p.conversation_id is not null and exists (
                select from whatsapp_identities x
                where x.conversation_id = p.conversation_id and x.kind = 'user_id')
        from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality as c (tenant_id, phone, user_id, ord)
        left join whatsapp_identities p on p.tenant_id = c.tenant_id and p.kind = 'phone' and p.value = c.phone
        left join whatsapp_identities u on u.tenant_id = c.tenant_id and u.kind = 'user_id' and u.value = c.user_id
        """
    private static let lock: PostgresStatement = """
        select pg_advisory_xact_lock($1, t::int) from unnest($2::bigint[]) as t
        """
    private static let open: PostgresStatement = """
        insert into whatsapp_conversations (tenant_id)
        select t from unnest($1::bigint[]) with ordinality as n (t, ord) order by ord
        returning id
        """
    private static let link: PostgresStatement = """
        insert into whatsapp_identities (tenant_id, kind, value, conversation_id)
        select * from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])
        on conflict (tenant_id, kind, value) do update set conversation_id = excluded.conversation_id
        """
    private static let note: PostgresStatement = """
        update whatsapp_conversations c set
            last_message_at = greatest(c.last_message_at, n.last_message_at),
            last_inbound_at = greatest(c.last_inbound_at, n.last_inbound_at),
            customer_name = case when n.name is not null
                and (c.customer_name is null or c.last_inbound_at is null or n.last_inbound_at >= c.last_inbound_at)
                then n.name else c.customer_name end,
            customer_username = case when n.username is not null
                and (c.customer_username is null or c.last_inbound_at is null or n.last_inbound_at >= c.last_inbound_at)
                then n.username else c.customer_username end
        from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[])
            as n (id, last_message_at, last_inbound_at, name, username)
        where c.id = n.id
        """

    static func resolve(_ messages: inout [RoutedMessage], in session: PostgresSession) throws(PostgresError) {
        var customers: [CustomerKey: Int] = [:]
        var keys: [CustomerKey] = []
        let indices = messages.map { row in
            let key = CustomerKey(
                tenant: row.tenant, phone: row.message.customer.waID, userID: row.message.customer.userID)
            if let index = customers[key] { return index }
            customers[key] = keys.count
            keys.append(key)
            return keys.count - 1
        }
        let conversations = try findOrOpen(keys, in: session)
        for (position, index) in indices.enumerated() {
            messages[position].conversation = conversations[index]
        }
        try note(messages, in: session)
    }

    /// Each customer's conversation; keys are distinct.
    static func findOrOpen(_ keys: [CustomerKey], in session: PostgresSession) throws(PostgresError) -> [Int64] {
        var conversations = [Int64](repeating: 0, count: keys.count)
        var unsettled: [Int] = []
        for (index, known) in try look(up: keys, in: session).enumerated() {
            if let settled = known.settled(for: keys[index]) {
                conversations[index] = settled
            } else {
                unsettled.append(index)
            }
        }
        if !unsettled.isEmpty {
            let tenants = Set(unsettled.map { keys[$0].tenant }).sorted()
            _ = try session.execute(lock, [.int4(lockSpace), .array(.int8(of: tenants))])
            let again = try look(up: unsettled.map { keys[$0] }, in: session)
            let settled = try settle(unsettled.map { keys[$0] }, known: again, in: session)
            for (index, conversation) in zip(unsettled, settled) { conversations[index] = conversation }
        }
        return conversations
    }

    private static func look(
        up keys: [CustomerKey], in session: PostgresSession
    ) throws(PostgresError) -> [KnownCustomer] {
        var tenants = PostgresArray.int8(capacity: keys.count)
        var (phones, users) = (PostgresArray.text(capacity: keys.count), PostgresArray.text(capacity: keys.count))
        for key in keys {
            tenants.append(key.tenant)
            phones.append(key.phone)
            users.append(key.userID)
        }
        var known = [KnownCustomer](repeating: KnownCustomer(), count: keys.count)
        for row in try session.execute(lookup, [.array(tenants), .array(phones), .array(users)]) {
            let position = Int(try row.int64(0)) - 1
            known[position] = KnownCustomer(
                byPhone: try row.optionalInt64(1), byUserID: try row.optionalInt64(2),
                phoneHasUserID: try row.bool(3))
        }
        return known
    }

    /// Decides and writes, under the tenants' locks. Returns each customer's conversation.
    private static func settle(
        _ keys: [CustomerKey], known: [KnownCustomer], in session: PostgresSession
    ) throws(PostgresError) -> [Int64] {
        var plan = IdentityPlan()
        let places = zip(keys, known).map { plan.place($0, known: $1) }
        var opened: [Int64] = []
        if !plan.newConversations.isEmpty {
            let rows = try session.execute(open, [.array(.int8(of: plan.newConversations))])
            for row in rows { opened.append(try row.int64(0)) }
            opened.sort()
        }
        func number(of place: IdentityPlan.Place) -> Int64 {
            switch place {
            case .existing(let id): id
            case .opened(let index): opened[index]
            }
        }
        if !plan.links.isEmpty {
            let links = plan.links.sorted { $0.key < $1.key }
            var (tenants, kinds) = (
                PostgresArray.int8(capacity: links.count), PostgresArray.text(capacity: links.count)
            )
            var values = PostgresArray.text(capacity: links.count)
            var conversations = PostgresArray.int8(capacity: links.count)
            for (identity, place) in links {
                tenants.append(identity.tenant)
                kinds.append(identity.kind.rawValue)
                values.append(identity.value)
                conversations.append(number(of: place))
            }
            _ = try session.execute(link, [.array(tenants), .array(kinds), .array(values), .array(conversations)])
        }
        return places.map(number(of:))
    }

    /// Notes the latest times and names, one row for each conversation, in key order.
    private static func note(_ messages: [RoutedMessage], in session: PostgresSession) throws(PostgresError) {
        var news: [Int64: ConversationNews] = [:]
        for row in messages { news[row.conversation, default: ConversationNews()].add(row) }
        let ordered = news.sorted { $0.key < $1.key }
        var ids = PostgresArray.int8(capacity: ordered.count)
        var lastMessage = PostgresArray.timestamptz(capacity: ordered.count)
        var lastInbound = PostgresArray.timestamptz(capacity: ordered.count)
        var (names, usernames) = (
            PostgresArray.text(capacity: ordered.count), PostgresArray.text(capacity: ordered.count)
        )
        for (id, item) in ordered {
            ids.append(id)
            lastMessage.append(microseconds: item.lastMessage)
            lastInbound.append(microseconds: item.lastInbound)
            names.append(item.name)
            usernames.append(item.username)
        }
        _ = try session.execute(
            note, [.array(ids), .array(lastMessage), .array(lastInbound), .array(names), .array(usernames)])
    }
}

/// What a batch tells about one conversation.
private struct ConversationNews {
    var lastMessage: Int64 = .min
    var lastInbound: Int64?
    var name: String?
    var username: String?

    mutating func add(_ row: RoutedMessage) {
        lastMessage = max(lastMessage, row.sentAt)
        // An echo is our own message: it opens no window and its contact is not the sender.
        guard !row.isEcho else { return }
        guard row.sentAt >= lastInbound ?? .min else { return }
        lastInbound = row.sentAt
        name = row.message.customer.profileName ?? name
        username = row.message.customer.username ?? username
    }
}

extension PostgresArray {
    static func int8(of values: [Int64]) -> PostgresArray {
        var array = PostgresArray.int8(capacity: values.count)
        for value in values { array.append(value) }
        return array
    }
}
