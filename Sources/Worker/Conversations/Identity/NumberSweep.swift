public import Postgres

/// Works out whose contested numbers were, once what was told of them is committed, so that messages which name their
/// customer by the number alone are with whoever had it when they were sent.
///
/// It is done again for a few seconds, and once more after a minute, so that a worker's transaction that had looked the
/// number up before is through as well.
public enum NumberSweep {
    /// Longer than any transaction that stores messages.
    private static let seconds: Int32 = 60

    private static let waiting: PostgresStatement = """
        select tenant_id, value from whatsapp_identities
        where moved_at is not null and (tenant_id, value) > ($1, $2)
            and (settled_at is null or settled_at <= moved_at + interval '5 seconds'
                or moved_at < now() - make_interval(secs => $3))
        order by tenant_id, value limit 1
        """
    private static let isWaiting: PostgresStatement = """
        select count(*) > 0 from whatsapp_identities
        where tenant_id = $1 and kind = 'phone' and value = $2 and moved_at is not null
            and (settled_at is null or settled_at <= moved_at + interval '5 seconds'
                or moved_at < now() - make_interval(secs => $3))
        """
    /// By the clock, as ``IdentityTable`` asks for it.
    private static let done: PostgresStatement = """
        update whatsapp_identities set settled_at = clock_timestamp(),
            moved_at = case when moved_at >= now() - make_interval(secs => $3) then moved_at end
        where tenant_id = $1 and kind = 'phone' and value = any ($2) and moved_at is not null
        """

    /// Where a walk through the numbers stands.
    private struct Place: Sendable {
        let tenant: Int64
        let number: String
    }

    /// Looks after all numbers of which something was told lately.
    public static func run(in database: any PostgresDatabase) async throws {
        var place = Place(tenant: 0, number: "")
        while true {
            let before = place
            let next = try await database.withTransaction { session in try lookAfterNext(behind: before, in: session) }
            guard let next else { return }
            place = next
        }
    }

    /// One number; nil if there was none.
    private static func lookAfterNext(
        behind place: Place, in session: PostgresSession
    ) throws(PostgresError) -> Place? {
        let after: PostgresParameters = [.int8(place.tenant), .text(place.number), .int4(seconds)]
        guard let next = try session.execute(waiting, after).first else { return nil }
        let (tenant, number) = (try next.int64(0), try next.string(1))
        try StorageSession.prepare(session)
        try IdentityTable.lock([tenant], in: session)
        // Another worker may have done it meanwhile.
        if try session.execute(isWaiting, [.int8(tenant), .text(number), .int4(seconds)]).only().bool(0) {
            let numbers = try NumberSettlement.run(tenant: tenant, number: number, in: session)
            _ = try session.execute(done, [.int8(tenant), .array(.text(of: numbers.sorted())), .int4(seconds)])
        }
        return Place(tenant: tenant, number: number)
    }
}
