internal import OutboundLanes
internal import Postgres
internal import Synchronization

/// Lets go what waits for its customer to write, once they have; and what may go as a template since its tenant has one.
final class WindowSweep: Sendable {
    private static let step: Int64 = 2_000

    private static let look: PostgresStatement = """
        select max(id), count(*) from (
            select id from whatsapp_messages where status = 'queued' and due_at = 'infinity' and id > $1
            order by id limit $2) as step
        """
    /// As `SendWindow` decides.
    private static let open: PostgresStatement = PostgresStatement(
        """
        with waiting as (
            select id from whatsapp_messages where status = 'queued' and due_at = 'infinity' and id > $1 and id <= $2
        ), opened as (
            select q.id from waiting w
            join whatsapp_messages q on q.id = w.id
            join whatsapp_configs c on c.tenant_id = q.tenant_id
            left join whatsapp_conversations v on v.id = q.conversation_id
            left join whatsapp_conversations d on d.id = v.merged_into
            where (greatest(v.last_inbound_at, d.last_inbound_at) > now() - interval '24 hours'
                    and (q.closed_at is null or (greatest(v.last_inbound_at, d.last_inbound_at) > q.closed_at
                        and greatest(v.last_inbound_at, d.last_inbound_at) <= now() + interval '5 minutes')))
                or (q.type = 'quote_link' and coalesce(q.on_closed, 'template') = 'template'
                    and c.template_name is not null and c.template_language is not null)
            for update of q skip locked
        )
        update whatsapp_messages m set due_at = now(), turn_at = now(), reason_code = null, reason = null
        from opened where m.id = opened.id
        returning \(TurnGiver.columns)
        """)

    private let pool: PostgresPool
    private let giver: TurnGiver
    /// Where the last look ended: of many that wait each pass sees some.
    private let cursor = Mutex("")

    init(pool: PostgresPool, giver: TurnGiver) {
        self.pool = pool
        self.giver = giver
    }

    func run() async throws {
        let after = cursor.withLock { $0 }
        let (turns, last) = try await pool.withTransaction { session in
            guard try SweepLock.windows.isTaken(in: session) else { return ([Turn](), after) }
            let seen = try session.execute(Self.look, [.text(after), .int8(Self.step)]).only()
            guard let last = try seen.optionalString(0) else { return ([], "") }
            let isEnd = try seen.int64(1) < Self.step
            try BeginTable.prepare(session)
            var turns: [Turn] = []
            for row in try session.execute(Self.open, [.text(after), .text(last)]) {
                turns.append(try TurnGiver.turn(row))
            }
            return (turns, isEnd ? "" : last)
        }
        cursor.withLock { $0 = last }
        await giver.give(turns)
    }
}
