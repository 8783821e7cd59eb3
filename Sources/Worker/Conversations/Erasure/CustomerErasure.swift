public import Postgres

/// Forgets a customer: what was said, by whom, and whatever was kept raw.
///
/// What stays: hashes of the wamids, and of what told of calls, so that nothing comes back when it is repeated; and in the audit log that somebody
/// was erased, not who.
public struct CustomerErasure: Sendable {
    /// How much of what was removed.
    public struct Outcome: Sendable, Equatable {
        public internal(set) var conversations = 0
        public internal(set) var messages = 0
        public internal(set) var statuses = 0
        public internal(set) var events = 0
        public internal(set) var unrouted = 0
        public internal(set) var outbox = 0
        public internal(set) var archived = 0
        /// Every number and id by which the customer was known, also the one that was asked for: what the queues have to
        /// be searched for.
        public internal(set) var identities: Set<String> = []
        /// The transaction's id: what began before it may still have written something.
        public internal(set) var transaction = ""

        /// Nothing.
        public init() {}

        public var isEmpty: Bool {
            conversations + messages + statuses + events + unrouted + outbox + archived == 0
        }

        public static func + (left: Outcome, right: Outcome) -> Outcome {
            var sum = left
            sum.conversations += right.conversations
            sum.messages += right.messages
            sum.statuses += right.statuses
            sum.events += right.events
            sum.unrouted += right.unrouted
            sum.outbox += right.outbox
            sum.archived += right.archived
            sum.identities.formUnion(right.identities)
            sum.transaction = right.transaction
            return sum
        }
    }

    let tenant: Int64
    /// Digits of a phone number.
    let phone: String?
    let userID: String?

    /// - Parameters:
    ///   - phone: a phone number, as digits with or without a plus.
    ///   - userID: a business-scoped user id.
    public init(tenant: Int64, phone: String?, userID: String?) {
        self.tenant = tenant
        self.phone = phone.map { String($0.filter(\.isWholeNumber)) }
        self.userID = userID
    }

    private static let lock: PostgresStatement = "select pg_advisory_xact_lock(7001, $1::bigint::int)"
    private static let find: PostgresStatement = """
        with person as (
            select coalesce(conversation_id, previous_id) as id from whatsapp_identities
            where tenant_id = $1 and ((kind = 'phone' and value = $2) or (kind = 'user_id' and value = $3)))
        select c.id from whatsapp_conversations c
        where c.tenant_id = $1 and (c.id in (select id from person) or c.merged_into in (select id from person))
        order by c.id for update
        """
    private static let names: PostgresStatement = """
        select value from whatsapp_identities
        where tenant_id = $1 and (conversation_id = any($2) or (conversation_id is null and previous_id = any($2)))
        """
    private static let remember: PostgresStatement = """
        insert into whatsapp_erased (tenant_id, hash)
        select distinct $1::bigint, sha256(convert_to(wamid, 'UTF8')) from whatsapp_messages
        where conversation_id = any($2) and tenant_id = $1 and wamid is not null
        union
        select distinct $1::bigint, sha256(convert_to(a.wamid, 'UTF8')) from whatsapp_messages m
        join whatsapp_send_attempts a on a.message_id = m.id
        where m.conversation_id = any($2) and m.tenant_id = $1 and a.wamid is not null
        on conflict do nothing
        """
    private static let attempts: PostgresStatement = """
        delete from whatsapp_send_attempts a using whatsapp_messages m
        where m.conversation_id = any($2) and m.tenant_id = $1 and a.message_id = m.id
        """
    private static let statuses: PostgresStatement = """
        delete from whatsapp_message_statuses s where s.tenant_id = $1 and (s.wamid in (
                select m.wamid from whatsapp_messages m where m.conversation_id = any($2) and m.tenant_id = $1)
            or s.recipient_wa_id = any($3) or s.recipient_user_id = any($3) or s.participant = any($3))
        """
    private static let messages: PostgresStatement =
        "delete from whatsapp_messages where conversation_id = any($2) and tenant_id = $1"
    private static let formerNumbers: PostgresStatement = """
        update whatsapp_identities set previous_id = null
        where tenant_id = $1 and previous_id = any($2) and conversation_id <> all($2)
        """
    private static let identities: PostgresStatement = """
        delete from whatsapp_identities where tenant_id = $1 and (conversation_id = any($2)
            or (conversation_id is null and previous_id = any($2)))
        """
    private static let redirects: PostgresStatement =
        "update whatsapp_conversations set merged_into = null where tenant_id = $1 and id = any($2)"
    private static let conversations: PostgresStatement =
        "delete from whatsapp_conversations where tenant_id = $1 and id = any($2)"
    /// What tells of calls is remembered: repeated it would open a conversation.
    private static let events: PostgresStatement = """
        with gone as (
            delete from whatsapp_events e where (e.tenant_id = $1 or e.tenant_id is null)
                and exists (select from unnest($2::bytea[]) as v (name) where position(v.name in e.raw) > 0)
            returning e.field, e.content_hash
        ), remembered as (
            insert into whatsapp_erased (tenant_id, hash) select distinct $1::bigint, content_hash from gone
            where field = 'calls' on conflict do nothing
        )
        select count(*) from gone
        """
    private static let unrouted: PostgresStatement = """
        delete from whatsapp_unrouted u
        where exists (select from unnest($1::bytea[]) as v (name) where position(v.name in u.change) > 0)
        """
    private static let outbox: PostgresStatement = """
        delete from whatsapp_outbox o where o.tenant_id = $1
            and exists (select from unnest($2::text[]) as v (name) where position(v.name in o.request::text) > 0)
        """
    /// What was unreadable stands there in base64, in which the same bytes look different at each of three offsets.
    private static let archived: PostgresStatement = """
        with names as (
            select name from unnest($1::bytea[]) as v (name)
            union all
            select convert_to(substr(replace(encode(decode(repeat('00', o), 'hex') || name, 'base64'), E'\\n', ''),
                1 + o + sign(o)::int,
                (o + length(name)) * 8 / 6 - o - sign(o)::int), 'UTF8')
            from unnest($1::bytea[]) as v (name), generate_series(0, 2) as o)
        delete from archived_jobs j where exists (select from names n where position(n.name in j.element) > 0)
        """
    private static let audit: PostgresStatement = """
        insert into audit_log (actor, action, tenant_id, detail, origin)
        values ($1, 'customer.erase', $2, jsonb_build_object('conversations', $3::bigint, 'messages', $4::bigint,
            'statuses', $5::bigint, 'events', $6::bigint, 'unrouted', $7::bigint, 'outbox', $8::bigint,
            'archived', $9::bigint), $10)
        """
    private static let olderAreDone: PostgresStatement =
        "select pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8"

    /// Erases in the caller's transaction, and writes to the audit log that it was done.
    /// - Parameters:
    ///   - also: identities that the customer was known by, found by an earlier run.
    ///   - actor: who wants it, and `origin` from where.
    public func erase(
        also: Set<String> = [], actor: String, origin: String, in session: PostgresSession
    ) throws(PostgresError) -> Outcome {
        _ = try session.execute(Self.lock, [.int8(tenant)])
        var ids: [Int64] = []
        for row in try session.execute(Self.find, [.int8(tenant), .text(phone), .text(userID)]) {
            ids.append(try row.int64(0))
        }
        let found: PostgresValue = .array(.int8(of: ids))
        var outcome = Outcome()
        outcome.identities = also.union([phone, userID].compactMap { $0 })
        for row in try session.execute(Self.names, [.int8(tenant), found]) {
            outcome.identities.insert(try row.string(0))
        }
        // Short texts stand everywhere.
        let names = outcome.identities.filter { $0.utf8.count >= 6 }.sorted()
        var bytes = PostgresArray.bytea(capacity: names.count)
        for name in names { bytes.append(bytes: Array(name.utf8)) }
        _ = try session.run(Self.remember, [.int8(tenant), found])
        _ = try session.run(Self.attempts, [.int8(tenant), found])
        outcome.statuses = try session.run(Self.statuses, [.int8(tenant), found, .array(.text(of: names))])
        outcome.messages = try session.run(Self.messages, [.int8(tenant), found])
        _ = try session.run(Self.formerNumbers, [.int8(tenant), found])
        _ = try session.run(Self.identities, [.int8(tenant), found])
        _ = try session.run(Self.redirects, [.int8(tenant), found])
        outcome.conversations = try session.run(Self.conversations, [.int8(tenant), found])
        outcome.events = Int(
            try session.execute(Self.events, [.int8(tenant), .array(bytes)]).only().int64(0))
        outcome.unrouted = try session.run(Self.unrouted, [.array(bytes)])
        outcome.outbox = try session.run(Self.outbox, [.int8(tenant), .array(.text(of: names))])
        outcome.archived = try session.run(Self.archived, [.array(bytes)])
        var entry: PostgresParameters = [.text(actor), .int8(tenant)]
        for count in [
            outcome.conversations, outcome.messages, outcome.statuses, outcome.events, outcome.unrouted, outcome.outbox,
            outcome.archived,
        ] { entry.append(count) }
        entry.append(origin)
        _ = try session.run(Self.audit, entry)
        outcome.transaction = try session.execute("select pg_current_xact_id()::text").only().string(0)
        return outcome
    }

    /// Whether all transactions that had begun before an erasure are over, so that a second run finds what they wrote.
    public static func olderTransactionsAreDone(
        than outcome: Outcome, in session: PostgresSession
    ) throws(PostgresError) -> Bool {
        try session.execute(olderAreDone, [.text(outcome.transaction)]).only().bool(0)
    }
}

extension PostgresSession {
    /// Executes a statement; how many rows it changed.
    fileprivate func run(
        _ statement: PostgresStatement, _ parameters: PostgresParameters
    ) throws(PostgresError) -> Int {
        try execute(statement, parameters).rowsAffected
    }
}
