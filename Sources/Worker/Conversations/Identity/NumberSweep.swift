public import Postgres

/// Works out whose contested numbers were, once what was told of them is committed, so that messages which name their
/// customer by the number alone are with whoever had it when they were sent.
///
/// It is done again for a few seconds, and once more after a minute, so that a worker's transaction that had looked the
/// number up before is through as well.
public enum NumberSweep {
    /// Longer than any transaction that stores messages.
    private static let seconds: Int32 = 60

    private static let isDue = """
        told_at is not null and (settled_at is null or settled_at <= told_at + interval '5 seconds'
            or told_at < now() - make_interval(secs => $3))
        """
    private static let waiting = PostgresStatement(
        """
        select tenant_id, value from whatsapp_identities where (tenant_id, value) > ($1, $2) and \(isDue)
        order by tenant_id, value limit 1
        """)
    private static let isWaiting = PostgresStatement(
        """
        select count(*) > 0 from whatsapp_identities
        where tenant_id = $1 and kind = 'phone' and value = $2 and \(isDue)
        """)
    /// By the clock, as ``IdentityTable`` asks for it.
    private static let done: PostgresStatement = """
        update whatsapp_identities set settled_at = clock_timestamp(),
            told_at = case when told_at >= now() - make_interval(secs => $3) then told_at end
        where tenant_id = $1 and kind = 'phone' and value = any ($2) and told_at is not null
        """

    /// Where a walk through the numbers stands.
    private struct Place: Sendable {
        let tenant: Int64
        let number: String
    }

    /// Looks after all numbers of which something was told lately. One that could not be worked out keeps no other waiting.
    /// - Parameter tenant: whose; nil: everybody's.
    /// - Throws: what went wrong first, when all have had their turn.
    public static func run(in database: any PostgresDatabase, tenant: Int64? = nil) async throws {
        var place = Place(tenant: tenant ?? 0, number: "")
        var failure: PostgresError?
        while true {
            let before = place
            let next = try await database.withTransaction { session in try find(behind: before, in: session) }
            guard let next, tenant == nil || next.tenant == tenant else { break }
            do {
                try await database.withTransaction { session in try lookAfter(next, in: session) }
            } catch let error as PostgresError where error.kind != .cancelled {
                failure = failure ?? error
            }
            place = next
        }
        if let failure { throw failure }
    }

    private static func find(behind place: Place, in session: PostgresSession) throws(PostgresError) -> Place? {
        let after: PostgresParameters = [.int8(place.tenant), .text(place.number), .int4(seconds)]
        guard let row = try session.execute(waiting, after).first else { return nil }
        return Place(tenant: try row.int64(0), number: try row.string(1))
    }

    private static func lookAfter(_ place: Place, in session: PostgresSession) throws(PostgresError) {
        try StorageSession.prepare(session)
        try IdentityTable.lock([place.tenant], in: session)
        // Another worker may have done it meanwhile.
        let one: PostgresParameters = [.int8(place.tenant), .text(place.number), .int4(seconds)]
        guard try session.execute(isWaiting, one).only().bool(0) else { return }
        let numbers = try NumberSettlement.run(tenant: place.tenant, number: place.number, in: session)
        _ = try session.execute(done, [.int8(place.tenant), .array(.text(of: numbers.sorted())), .int4(seconds)])
    }
}
