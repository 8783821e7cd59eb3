internal import Logging
internal import Postgres
internal import SendPolicy

/// Ends what waits and whose time has run out.
struct ExpirySweep: Sendable {
    private static let expire: PostgresStatement = """
        with over as (
            select id from whatsapp_messages where status = 'queued' and expires_at <= now()
            order by expires_at limit 500 for update skip locked
        )
        update whatsapp_messages m set status = 'expired', reason_code = $1, reason = $2
        from over where m.id = over.id
        """

    let pool: PostgresPool
    let metrics: SendMetrics

    func run() async throws {
        let count = try await pool.withTransaction { session in
            guard try SweepLock.expiries.isTaken(in: session) else { return 0 }
            let reason = SendReason.expired
            return try session.execute(Self.expire, [.text(reason.code), .text(reason.text)]).rowsAffected
        }
        metrics.count(.expired, count)
    }
}
