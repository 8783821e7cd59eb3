internal import Identifiers
internal import JobQueue
internal import Logging
internal import NIOCore
internal import OutboundLanes
internal import Postgres
internal import RedisClient
internal import SendPolicy

/// Decides what becomes of sends with an unknown outcome once their grace is over.
struct UnknownSweep: Sendable {
    private static let oldest: PostgresStatement = """
        select min(state_since), count(*) from whatsapp_messages where status = 'unknown' and not held
        """
    private static let note: PostgresStatement = """
        update whatsapp_messages m set intake_at = s.at
        from unnest($1::bigint[], $2::timestamptz[]) as s (tenant_id, at)
        where m.status = 'unknown' and not m.held and m.intake_at is null and m.tenant_id = s.tenant_id
            and s.at >= m.state_since + $3 * interval '1 millisecond'
        """
    /// Exactly those that `UnknownGrace` decides about: what has to wait must not stand in their way.
    private static let over: PostgresStatement = PostgresStatement(
        """
        select \(TurnGiver.columns), m.attempts, m.on_unknown, m.resends, m.expires_at, m.state_since, m.intake_at, now()
        from whatsapp_messages m
        where m.status = 'unknown' and not m.held
            and (m.intake_at + (m.intake_at - m.state_since) <= now() - $1 * interval '1 millisecond'
                or (m.intake_at is null and m.state_since <= now() - $2 * interval '1 millisecond'))
        order by m.state_since limit 500 for update skip locked
        """)

    let pool: PostgresPool
    let client: any RedisCommandSender
    let inbound: QueueKeys
    let watch: IntakeWatch
    let grace: UnknownGrace
    let giver: TurnGiver
    let metrics: SendMetrics
    let logger: Logger

    func run() async throws {
        let horizon = try await inboundHorizon()
        let turns = try await pool.withTransaction { session in
            guard try SweepLock.unknown.isTaken(in: session) else { return [Turn]() }
            let open = try session.execute(Self.oldest).only()
            guard let oldest = try open.optionalMicroseconds(0) else { return [] }
            let signs = try watch.signs(since: oldest / 1_000, now: UnixClock.milliseconds(), in: session)
            try note(signs.mapValues { min($0, horizon) }, in: session)
            return try decide(in: session)
        }
        await giver.give(turns)
    }

    /// When the oldest webhook was accepted that is still to be stored, in microseconds since 1970: later signs tell
    /// nothing of what came before. `Int64.max` where none waits.
    private func inboundHorizon() async throws(RedisError) -> Int64 {
        let reply = try await client.send(RedisCommand("LINDEX", .text(inbound.ready), "-1"))
        guard let bytes = reply.bytes, let job = try? JobElement(bytes) else { return .max }
        let (microseconds, overflow) = job.header.receivedAt.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : microseconds
    }

    private func note(_ signs: [Int64: Int64], in session: PostgresSession) throws(PostgresError) {
        guard !signs.isEmpty else { return }
        var (tenants, times) = (PostgresArray.int8(capacity: signs.count), PostgresArray.timestamptz())
        for (tenant, at) in signs.sorted(by: { $0.key < $1.key }) {
            tenants.append(tenant)
            times.append(microseconds: at)
        }
        _ = try session.execute(Self.note, [.array(tenants), .array(times), .int8(grace.signDelay)])
    }

    private func decide(in session: PostgresSession) throws(PostgresError) -> [Turn] {
        let rows = try session.execute(
            Self.over, [.int8(grace.length - 2 * grace.signDelay), .int8(grace.length * UnknownGrace.silentFactor)])
        var (changes, turns): ([RowChange], [Turn]) = ([], [])
        for row in rows {
            let turn = try TurnGiver.turn(row)
            guard let change = try decision(on: row, type: turn.type) else { continue }
            changes.append(
                RowChange(
                    id: turn.messageID, attempt: try row.int32(5), from: .unknown, change: change, turnIsGiven: true))
            if change.status == .queued { turns.append(turn) }
        }
        let changed = try ChangeTable.apply(changes, in: session)
        let held = changes.filter { $0.change.held && changed.contains($0.id) }
        if !held.isEmpty {
            metrics.count(.held, held.count)
            logger.error(
                "sends with an unknown outcome are held for a person",
                metadata: [
                    "sends": "\(held.count)", "example": "\(held[0].id)",
                    "reason": "\(held[0].change.reason?.code ?? "")",
                ])
        }
        metrics.count(.resent, turns.count)
        return turns.filter { changed.contains($0.messageID) }
    }

    private func decision(on row: PostgresRow, type: String) throws(PostgresError) -> SendChange? {
        let now = try row.microseconds(11)
        let since = try row.optionalMicroseconds(9) ?? 0
        let verdict = grace.decide(
            since: since / 1_000, intakeAt: try row.optionalMicroseconds(10).map { $0 / 1_000 }, now: now / 1_000)
        guard case .over(let intakeLives) = verdict else { return nil }
        let standard: UnknownOutcomePolicy = type == "quote_link" ? .resend : .hold
        let state = SendState(
            status: .unknown, attempts: Int(try row.int32(5)),
            expiresIn: try row.optionalMicroseconds(8).map { ($0 - now) / 1_000 },
            onUnknown: try row.optionalString(6).flatMap(UnknownOutcomePolicy.init) ?? standard,
            resends: Int(try row.int32(7)))
        var random = SystemRandomNumberGenerator()
        return SendMachine.decide(state, .graceOver(intakeLives: intakeLives), using: &random)
    }
}
