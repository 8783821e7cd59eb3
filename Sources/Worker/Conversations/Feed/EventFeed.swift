public import Postgres

/// What happened at a tenant, in an order that never changes: messages, statuses, and what became of the number.
///
/// Writers add a row for each transaction. A position is given to what can be seen, by one transaction at a time: so
/// there is no event that appears before one that was read already, and none is missing, however many workers write.
public enum EventFeed {
    /// The channel of `NOTIFY` for whoever follows in the database; the payload is the tenant's id.
    public static let channel = "whatsapp_events"

    /// First half of the advisory lock's key. There is one lock for all: numbering takes a moment.
    private static let lockSpace: Int32 = 7_003
    private static let lock: PostgresStatement = "select pg_advisory_xact_lock($1, 0)"
    private static let isWaiting: PostgresStatement = """
        select exists (select from whatsapp_feed where last_position is null and ($1::bigint is null or tenant_id = $1))
        """
    private static let number: PostgresStatement = """
        with waiting as (
            select id, tenant_id, sum(size) over (partition by tenant_id order by id) as upto
            from (
                select id, tenant_id, size from whatsapp_feed
                where last_position is null and ($1::bigint is null or tenant_id = $1)
                order by tenant_id, id limit $2) w
        ), sums as (
            select tenant_id, max(upto)::bigint as total from waiting group by tenant_id
        ), counters as (
            insert into whatsapp_feed_positions as p (tenant_id, position)
            select tenant_id, total from sums order by tenant_id
            on conflict (tenant_id) do update set position = p.position + excluded.position
            returning tenant_id, position
        ), numbered as (
            update whatsapp_feed f set last_position = c.position - s.total + w.upto
            from waiting w join sums s on s.tenant_id = w.tenant_id join counters c on c.tenant_id = w.tenant_id
            where f.id = w.id
            returning f.id
        )
        select pg_notify('whatsapp_events', c.tenant_id::text), (select count(*) from numbered) from counters c
        """
    private static let latestPosition: PostgresStatement =
        "select position from whatsapp_feed_positions where tenant_id = $1"

    /// Numbers what was added since, of one tenant or of all, and tells who listens.
    /// - Returns: whether there may be more.
    @discardableResult
    public static func number(
        tenant: Int64? = nil, limit: Int = 1_000, in session: PostgresSession
    ) throws(PostgresError) -> Bool {
        guard try session.execute(isWaiting, [.int8(tenant)]).only().bool(0) else { return false }
        _ = try session.execute(lock, [.int4(lockSpace)])
        let rows = try session.execute(number, [.int8(tenant), .int8(Int64(limit))])
        return try rows.first.map { row throws(PostgresError) in try row.int64(1) >= Int64(limit) } ?? false
    }

    /// The events after a cursor, oldest first. Numbers what is new first, so it needs a transaction that may write.
    ///
    /// For a long poll call it again in a transaction of its own, when there was a notification or some time has passed.
    /// - Parameters:
    ///   - after: the cursor of the event that was read last; 0 for the beginning.
    ///   - limit: how many events at most.
    public static func page(
        tenant: Int64, after: Int64, limit: Int, in session: PostgresSession
    ) throws(PostgresError) -> EventPage {
        while try number(tenant: tenant, in: session) {}
        return try EventPage.read(tenant: tenant, after: after, limit: limit, in: session)
    }

    private static let isNew: PostgresStatement = """
        select exists (select from whatsapp_feed where tenant_id = $1 and last_position is null)
            or exists (select from whatsapp_feed where tenant_id = $1 and last_position > $2)
        """

    /// Whether something has happened after a cursor; for long polls, which ask it again and again.
    public static func isNew(
        tenant: Int64, after: Int64, in session: PostgresSession
    ) throws(PostgresError) -> Bool {
        try session.execute(isNew, [.int8(tenant), .int8(after)]).only().bool(0)
    }

    /// The cursor after the last event: where a reader begins who wants only what comes.
    public static func latest(tenant: Int64, in session: PostgresSession) throws(PostgresError) -> Int64 {
        while try number(tenant: tenant, in: session) {}
        return try session.execute(latestPosition, [.int8(tenant)]).first?.int64(0) ?? 0
    }
}
