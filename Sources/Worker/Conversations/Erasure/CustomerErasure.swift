internal import OpenSSLKit
public import Postgres
internal import WhatsAppPayload

/// Forgets a customer's conversations: what was said, by whom, and by what they were known. ``CustomerTraces`` finds what
/// else the database holds of them.
///
/// What stays: hashes of the messages' names, and of what told of calls, so that nothing comes back when it is repeated;
/// and in the audit log that somebody was erased, not who.
public struct CustomerErasure: Sendable {
    /// By what the customer is named.
    public enum Subject: Sendable, Equatable {
        /// A phone number, as digits without a plus.
        case phone(String)
        /// A business-scoped id.
        case userID(String)
        case conversation(Int64)
    }

    /// Whom an erasure is about, as far as the database knows them.
    public struct Person: Sendable, Equatable {
        public var conversations: [Int64] = []
        /// Every number and id by which they are known, also the one that was asked for.
        public var identities: Set<String> = []
    }

    private static let find: PostgresStatement = """
        with person as (
            select coalesce(conversation_id, previous_id) as id from whatsapp_identities
            where tenant_id = $1 and kind in ('phone', 'user_id') and value = any($2)
            union
            select coalesce(merged_into, id) from whatsapp_conversations where tenant_id = $1 and id = $3)
        select c.id from whatsapp_conversations c
        where c.tenant_id = $1 and (c.id in (select id from person) or c.merged_into in (select id from person))
        order by c.id
        """
    private static let hold: PostgresStatement = """
        select count(*) from (
            select id from whatsapp_conversations where tenant_id = $1 and id = any($2) order by id for update) as held
        """
    private static let names: PostgresStatement = """
        select value from whatsapp_identities
        where tenant_id = $1 and (conversation_id = any($2) or (conversation_id is null and previous_id = any($2)))
        """
    /// The names of a message are its wamids, also those of attempts that were given up, and of a send its own id, by which
    /// a status finds it whose wamid nobody knew yet.
    private static let messages: PostgresStatement = """
        with old as (
            select id, wamid, request is not null as is_send from whatsapp_messages
            where tenant_id = $1 and conversation_id = any($2)
            order by conversation_id, sent_at limit $3 for update
        ), names as (
            select wamid as name from old where wamid is not null
            union select id from old where is_send
            union select a.wamid from old join whatsapp_send_attempts a on a.message_id = old.id
                where a.wamid is not null
        ), remembered as (
            insert into whatsapp_erased (tenant_id, hash)
            select $1, sha256(convert_to(name, 'UTF8')) from names on conflict do nothing
        ), attempts as (
            delete from whatsapp_send_attempts a using old where a.message_id = old.id
        ), statuses as (
            delete from whatsapp_message_statuses s using names
            where s.tenant_id = $1 and s.wamid = names.name returning s.id
        ), removed as (
            delete from whatsapp_messages m using old where m.id = old.id returning m.id
        )
        select (select count(*) from removed), (select count(*) from statuses)
        """
    private static let formerNumbers: PostgresStatement = """
        update whatsapp_identities set previous_id = null
        where tenant_id = $1 and previous_id = any($2) and conversation_id <> all($2)
        """
    private static let identities: PostgresStatement = """
        delete from whatsapp_identities where tenant_id = $1 and (conversation_id = any($2)
            or (conversation_id is null and previous_id = any($2)))
        """
    private static let facts: PostgresStatement = """
        delete from whatsapp_number_facts
        where tenant_id = $1 and (conversation_id = any($2) or number = any($3) or changed_from = any($3))
        """
    private static let redirects: PostgresStatement =
        "update whatsapp_conversations set merged_into = null where tenant_id = $1 and id = any($2)"
    private static let conversations: PostgresStatement =
        "delete from whatsapp_conversations where tenant_id = $1 and id = any($2)"
    private static let olderAreDone: PostgresStatement =
        "select pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8"

    let tenant: Int64
    public let subject: Subject

    public init(tenant: Int64, subject: Subject) {
        self.tenant = tenant
        self.subject = subject
    }

    /// - Parameter also: identities that the customer was known by, found earlier.
    public func person(also: Set<String> = [], in session: PostgresSession) throws(PostgresError) -> Person {
        var person = Person()
        person.identities = also
        var conversation: Int64?
        switch subject {
        case .phone(let name), .userID(let name): person.identities.insert(name)
        case .conversation(let id): conversation = id
        }
        let asked: PostgresValue = .array(.text(of: person.identities.sorted()))
        for row in try session.execute(Self.find, [.int8(tenant), asked, .int8(conversation)]) {
            person.conversations.append(try row.int64(0))
        }
        for row in try session.execute(Self.names, [.int8(tenant), .array(.int8(of: person.conversations))]) {
            person.identities.insert(try row.string(0))
        }
        return person
    }

    /// Removes up to `limit` of the person's messages with all that belongs to them.
    /// - Returns: how many messages; 0 when none is left.
    public func removeMessages(
        of person: Person, limit: Int64 = 5_000, _ outcome: inout ErasureOutcome, in session: PostgresSession
    ) throws(PostgresError) -> Int {
        guard !person.conversations.isEmpty else { return 0 }
        try StorageSession.prepare(session)
        let row = try session.execute(
            Self.messages, [.int8(tenant), .array(.int8(of: person.conversations)), .int8(limit)]
        ).only()
        let count = Int(try row.int64(0))
        outcome.messages += count
        outcome.statuses += Int(try row.int64(1))
        return count
    }

    /// The last step: what came meanwhile, and whom all of it was from.
    /// - Returns: the person as they were known at the end.
    public func finish(
        also: Set<String>, _ outcome: inout ErasureOutcome, in session: PostgresSession
    ) throws(PostgresError) -> Person {
        try IdentityTable.lock([tenant], in: session)
        let person = try person(also: also, in: session)
        let found: PostgresValue = .array(.int8(of: person.conversations))
        // Rows first: who writes to one of them is through with it, or finds it gone.
        _ = try session.execute(Self.hold, [.int8(tenant), found])
        while try removeMessages(of: person, &outcome, in: session) > 0 {}
        let names: PostgresValue = .array(.text(of: person.identities.sorted()))
        _ = try session.execute(Self.facts, [.int8(tenant), found, names])
        for statement in [Self.formerNumbers, Self.identities, Self.redirects] {
            _ = try session.execute(statement, [.int8(tenant), found])
        }
        outcome.conversations += try session.execute(Self.conversations, [.int8(tenant), found]).rowsAffected
        return person
    }

    /// Keeps names of messages from coming back.
    public static func remember(
        _ names: Set<String>, of tenant: Int64, in session: PostgresSession
    ) throws(PostgresError) {
        try ErasedMessages.remember(names, of: tenant, in: session)
    }

    /// A mark in time: what began before it may still write something.
    public static func mark(in session: PostgresSession) throws(PostgresError) -> String {
        try session.execute("select pg_current_xact_id()::text").only().string(0)
    }

    /// Whether all transactions that had begun before a mark are over.
    public static func olderTransactionsAreDone(
        than mark: String, in session: PostgresSession
    ) throws(PostgresError) -> Bool {
        try session.execute(olderAreDone, [.text(mark)]).only().bool(0)
    }
}
