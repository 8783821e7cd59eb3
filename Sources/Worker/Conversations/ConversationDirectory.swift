public import Postgres

/// Conversations as those find them who write to customers.
public enum ConversationDirectory {
    /// A customer as a message to them names them.
    public struct Addressee: Sendable, Hashable {
        public let tenant: Int64
        /// Digits without a plus, as WhatsApp ids are.
        public let phone: String?
        /// BSUID.
        public let userID: String?

        /// One of the two identities; with both, the customer is known by both from now on.
        public init(tenant: Int64, phone: String?, userID: String?) {
            self.tenant = tenant
            self.phone = phone
            self.userID = userID
        }
    }

    /// By what a conversation's customer can be written to.
    public struct Identities: Sendable, Equatable {
        /// Where the conversation lives on: itself, or the one that it was merged into.
        public let conversation: Int64
        /// The phone number seen first most lately, as digits.
        public let phone: String?
        public let userID: String?
        /// Whether the identity that was asked about is this customer's.
        public let isAsked: Bool
    }

    /// Which conversation is asked for, and whether an identity belongs to it.
    public struct Question: Sendable {
        public let tenant: Int64
        public let conversation: Int64
        /// Digits of a phone number, or a BSUID.
        public let identity: String?

        public init(tenant: Int64, conversation: Int64, identity: String?) {
            self.tenant = tenant
            self.conversation = conversation
            self.identity = identity
        }
    }

    private static let identify: PostgresStatement = """
        with recursive asked as (
            select ord, tenant_id, id, value
            from unnest($1::bigint[], $2::bigint[], $3::text[]) with ordinality as a (tenant_id, id, value, ord)
        ), living as (
            select a.ord, c.id, c.merged_into
            from asked a join whatsapp_conversations c on c.id = a.id and c.tenant_id = a.tenant_id
            union all
            select l.ord, c.id, c.merged_into from living l join whatsapp_conversations c on c.id = l.merged_into
        )
        select a.ord, l.id,
            (select i.value from whatsapp_identities i
                where i.tenant_id = a.tenant_id and i.conversation_id = l.id and i.kind = 'phone'
                    and i.value ~ '^[1-9][0-9]{6,14}$'
                order by i.first_seen_at desc, i.value limit 1),
            (select i.value from whatsapp_identities i
                where i.tenant_id = a.tenant_id and i.conversation_id = l.id and i.kind = 'user_id'
                order by i.first_seen_at desc, i.value limit 1),
            exists (select from whatsapp_identities i
                where i.tenant_id = a.tenant_id and i.conversation_id = l.id and i.value = a.value)
        from living l join asked a on a.ord = l.ord
        where l.merged_into is null
        """

    /// Each customer's conversation, opened where there was none, with a message noted in it. Shares the tenant's lock where
    /// somebody is new, has it to itself where what is known changes, and takes the conversation's row, all until the end of
    /// the transaction. Call it before anything else that locks rows, and once in a transaction: a second call could wait
    /// for others that share the lock, while they wait for this one.
    /// - Parameter time: of the message, in microseconds since 1970.
    public static func findOrOpen(
        _ addressees: [Addressee], at time: Int64, in session: PostgresSession
    ) throws(PostgresError) -> [Int64] {
        guard !addressees.isEmpty else { return [] }
        try StorageSession.prepare(session)
        var places: [CustomerKey: Int] = [:]
        var sightings: [CustomerSighting] = []
        let indices = addressees.map { addressee in
            let key = CustomerKey(tenant: addressee.tenant, phone: addressee.phone, userID: addressee.userID)
            if let index = places[key] { return index }
            places[key] = sightings.count
            sightings.append(CustomerSighting(key: key, time: time))
            return sightings.count - 1
        }
        let conversations = try ConversationResolver.findOrOpen(sightings, in: session).seen
        let news = Dictionary(
            conversations.map { ($0, ConversationNews(lastMessage: time)) }, uniquingKeysWith: { first, _ in first })
        let moved = try ConversationNotes.write(news, in: session)
        return indices.map { moved[conversations[$0]] ?? conversations[$0] }
    }

    /// By what each conversation's customer can be written to; nil where the tenant has no such conversation.
    public static func identities(
        of questions: [Question], in session: PostgresSession
    ) throws(PostgresError) -> [Identities?] {
        guard !questions.isEmpty else { return [] }
        var (tenants, ids) = (
            PostgresArray.int8(capacity: questions.count), PostgresArray.int8(capacity: questions.count)
        )
        var values = PostgresArray.text(capacity: questions.count)
        for question in questions {
            tenants.append(question.tenant)
            ids.append(question.conversation)
            values.append(question.identity)
        }
        var found = [Identities?](repeating: nil, count: questions.count)
        for row in try session.execute(identify, [.array(tenants), .array(ids), .array(values)]) {
            found[Int(try row.int64(0)) - 1] = Identities(
                conversation: try row.int64(1), phone: try row.optionalString(2), userID: try row.optionalString(3),
                isAsked: try row.bool(4))
        }
        return found
    }
}
