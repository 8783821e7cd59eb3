public import Postgres

/// Lets messages follow a number that went to somebody else: those that named their customer by the number alone and
/// came before it was known whose it was when they were sent.
///
/// A number that was moved is looked after for a while, so that a worker's transaction that had looked it up before is
/// through as well.
public enum NumberSweep {
    /// Longer than any transaction that stores messages.
    private static let seconds: Int32 = 60

    private static let waiting: PostgresStatement = """
        select tenant_id, value from whatsapp_identities
        where moved_at is not null and (tenant_id, value) > ($1, $2) order by tenant_id, value limit 1
        """
    private static let lock: PostgresStatement = "select pg_advisory_xact_lock(7001, $1::bigint::int)"
    private static let look: PostgresStatement = """
        select conversation_id, previous_id, held_since, moved_at < now() - make_interval(secs => $3)
        from whatsapp_identities
        where tenant_id = $1 and kind = 'phone' and value = $2 and moved_at is not null and previous_id is not null
        """
    private static let hold: PostgresStatement = """
        select count(*) from (
            select id from whatsapp_conversations where id = any($1) order by id for no key update) as held
        """
    /// What was sent since, from whom it was before.
    private static let isLeft: PostgresStatement = """
        select exists (select from whatsapp_messages
            where conversation_id = $1 and named_by = $2 and sent_at >= $3)
        """
    private static let open: PostgresStatement = """
        with opened as (insert into whatsapp_conversations (tenant_id) values ($1) returning id)
        update whatsapp_identities i set conversation_id = opened.id from opened
        where i.tenant_id = $1 and i.kind = 'phone' and i.value = $2
        returning opened.id
        """
    private static let move: PostgresStatement = """
        with later as (
            update whatsapp_messages set conversation_id = $1
            where conversation_id = $2 and named_by = $3 and sent_at >= $4 returning id
        ), earlier as (
            update whatsapp_messages set conversation_id = $2
            where conversation_id = $1 and named_by = $3 and sent_at < $4 returning id
        )
        select (select count(*) from later) + (select count(*) from earlier)
        """
    private static let times: PostgresStatement = """
        update whatsapp_conversations c set
            last_message_at = (select max(sent_at) from whatsapp_messages m where m.conversation_id = c.id),
            last_inbound_at = (select sent_at from whatsapp_messages m
                where m.conversation_id = c.id and m.direction = 'inbound' order by sent_at desc limit 1)
        where c.id = any($1)
        """
    /// A conversation that was nothing but the number's lives on in the holder's.
    private static let emptied: PostgresStatement = """
        update whatsapp_conversations c set merged_into = $2
        where (c.id = $1 or c.merged_into = $1)
            and not exists (select from whatsapp_messages m where m.conversation_id = $1)
            and not exists (select from whatsapp_identities i where i.conversation_id = $1)
        """
    private static let forget: PostgresStatement = """
        update whatsapp_identities set moved_at = null where tenant_id = $1 and kind = 'phone' and value = $2
        """

    /// Where a walk through the numbers stands.
    private struct Place: Sendable {
        let tenant: Int64
        let number: String
    }

    /// Looks after all numbers that have moved lately.
    public static func run(in database: any PostgresDatabase) async throws {
        var place = Place(tenant: 0, number: "")
        while true {
            let before = place
            let next = try await database.withTransaction { session in try lookAfterNext(behind: before, in: session) }
            guard let next else { return }
            place = next
        }
    }

    /// Lets messages that name the number alone follow it; the conversations' rows are locked already.
    static func follow(
        _ number: String, from previous: Int64, to holder: Int64, since: Int64, in session: PostgresSession
    ) throws(PostgresError) {
        let moved = try session.execute(
            move, [.int8(holder), .int8(previous), .text(number), .timestamptz(since)]
        ).only().int64(0)
        if moved > 0 { _ = try session.execute(times, [.array(.int8(of: [holder, previous]))]) }
    }

    /// One number; nil if there was none.
    private static func lookAfterNext(
        behind place: Place, in session: PostgresSession
    ) throws(PostgresError) -> Place? {
        guard let next = try session.execute(waiting, [.int8(place.tenant), .text(place.number)]).first else {
            return nil
        }
        let (tenant, number) = (try next.int64(0), try next.string(1))
        try StorageSession.prepare(session)
        _ = try session.execute(lock, [.int8(tenant)])
        guard let row = try session.execute(look, [.int8(tenant), .text(number), .int4(seconds)]).first else {
            _ = try session.execute(forget, [.int8(tenant), .text(number)])
            return Place(tenant: tenant, number: number)
        }
        let (previous, since) = (try row.int64(1), try row.microseconds(2))
        let isOver = try row.bool(3)
        var holder = try row.optionalInt64(0)
        if holder == nil {
            let left: PostgresParameters = [.int8(previous), .text(number), .timestamptz(since)]
            if try session.execute(isLeft, left).only().bool(0) {
                holder = try session.execute(open, [.int8(tenant), .text(number)]).only().int64(0)
            }
        }
        if let holder, holder != previous {
            _ = try session.execute(hold, [.array(.int8(of: [holder, previous].sorted()))])
            try follow(number, from: previous, to: holder, since: since, in: session)
            _ = try session.execute(emptied, [.int8(previous), .int8(holder)])
        }
        if isOver { _ = try session.execute(forget, [.int8(tenant), .text(number)]) }
        return Place(tenant: tenant, number: number)
    }
}
