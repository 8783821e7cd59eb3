internal import JobQueue
internal import OutboundLanes
internal import Postgres
internal import RedisClient

/// Gives a turn to queued messages that are due and have none: their time has come, or their turn was lost.
struct TurnSweep: Sendable {
    /// A lane that holds so many, or as many as its number sends in so many seconds, has its turns; who lost one waits until
    /// it is shorter.
    private static let longLane: Int64 = 1_000
    private static let longSeconds: Int64 = 60
    /// Turns that wait to be admitted, beyond which nothing is added.
    private static let longQueue: Int64 = 5_000
    private static let perNumber: Int64 = 200

    private static let due: PostgresStatement = PostgresStatement(
        """
        with recursive numbers as (
            (select phone_number_id as number from whatsapp_messages where status = 'queued'
                order by phone_number_id limit 1)
            union all
            select (select m.phone_number_id from whatsapp_messages m
                where m.status = 'queued' and m.phone_number_id > n.number order by m.phone_number_id limit 1)
            from numbers n where n.number is not null
        ), due as (
            select d.id from numbers n
            join whatsapp_configs c on c.phone_number_id = n.number and c.is_active and c.status <> 'paused'
            join tenants t on t.id = c.tenant_id and t.disabled_at is null
            cross join lateral (
                select q.id from whatsapp_messages q
                where q.status = 'queued' and q.phone_number_id = n.number and q.tenant_id = c.tenant_id
                    and q.due_at <= now()
                    and (q.turn_at is null or q.turn_at < now() - interval '1 minute')
                order by q.due_at limit $2 for update skip locked) d
            where n.number <> all ($1)
        )
        update whatsapp_messages m set turn_at = now() from due where m.id = due.id
        returning \(TurnGiver.columns)
        """)
    private static let renumber: PostgresStatement = """
        with strays as (
            select q.id, c.phone_number_id from whatsapp_messages q
            join whatsapp_configs c on c.tenant_id = q.tenant_id
            where q.status = 'queued' and q.phone_number_id <> c.phone_number_id
                and not exists (select from whatsapp_configs o where o.phone_number_id = q.phone_number_id
                    and o.tenant_id = q.tenant_id)
            limit 1000 for update of q skip locked
        )
        update whatsapp_messages m set phone_number_id = strays.phone_number_id, turn_at = null
        from strays where m.id = strays.id
        """

    let pool: PostgresPool
    let lanes: OutboundLanes
    let client: any RedisCommandSender
    let giver: TurnGiver

    /// - Returns: how many turns were given.
    @discardableResult
    func run() async throws -> Int {
        _ = try await lanes.mend()
        let waiting = try await client.send(RedisCommand("LLEN", .text(lanes.keys.ready))).integer ?? 0
        guard waiting < Self.longQueue else { return 0 }
        var skipped = PostgresArray.text()
        for lane in try await lanes.list() where Self.keepsItsTurns(lane) { skipped.append(lane.number) }
        let (due, numbers) = (Self.due, skipped)
        let turns = try await pool.withTransaction { session in
            guard try SweepLock.turns.isTaken(in: session) else { return [Turn]() }
            try BeginTable.prepare(session)
            var turns: [Turn] = []
            for row in try session.execute(due, [.array(numbers), .int8(Self.perNumber)]) {
                turns.append(try TurnGiver.turn(row))
            }
            return turns
        }
        await giver.give(turns)
        return turns.count
    }

    /// Whether turns wait in a lane longer than the sweep waits for them: nothing says that they were lost.
    private static func keepsItsTurns(_ lane: LaneReport) -> Bool {
        lane.pause != nil || lane.heldUntil != nil || lane.waiting > min(longLane, lane.perSecond * longSeconds)
    }

    /// Moves what waits for a number that its tenant no longer has to the one that it has now.
    func renumber() async throws {
        let renumber = Self.renumber
        _ = try await pool.withTransaction { session in
            guard try SweepLock.numbers.isTaken(in: session) else { return }
            try session.execute(renumber)
        }
    }
}
