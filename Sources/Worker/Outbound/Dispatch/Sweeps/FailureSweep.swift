internal import Conversations
internal import LenientJSON
internal import Logging
internal import OutboundLanes
internal import Postgres
internal import SendPolicy

/// Judges, by the error table, the failures that came as status webhooks.
struct FailureSweep: Sendable {
    private static let look: PostgresStatement = PostgresStatement(
        """
        select \(TurnGiver.columns), m.attempts, m.on_closed, m.expires_at, m.resends, f.errors::text, a.as_template,
            (extract(epoch from a.started_at - m.trying_since) * 1000)::bigint, now(),
            c.template_name is not null and c.template_language is not null, c.waba_id,
            a.started_at, a.outcome in ('refused', 'not_sent'),
            \(StandingAttempt.status(of: "m.id", besides: "m.attempts")),
            m.message_tries, m.recipient_tries, m.app_tries
        from whatsapp_messages m
        left join whatsapp_configs c on c.tenant_id = m.tenant_id
        left join whatsapp_send_attempts a on a.message_id = m.id and a.attempt = m.attempts
        left join lateral (
            select s.errors from whatsapp_message_statuses s
            where s.tenant_id = m.tenant_id and s.wamid in (a.wamid, m.wamid) and s.status = 'failed'
            order by s.wamid = a.wamid desc nulls last limit 1) f on true
        where m.status = 'failed' and m.direction = 'outbound' and m.request is not null and m.reason_code is null
        order by m.id limit 200 for update of m skip locked
        """)

    private struct Judged {
        let row: RowChange
        let turn: Turn
        let waba: String?
        /// When the attempt began that failed, in microseconds since 1970.
        let startedAt: Int64
        /// Microseconds since then.
        let age: Int64
    }

    /// What one brake is for: recipients are held one by one, all else by number.
    private struct Braked: Hashable {
        let brake: String
        let number: String
        let recipient: String?
    }

    let pool: PostgresPool
    let giver: TurnGiver
    let brakes: Brakes
    let metrics: SendMetrics
    let logger: Logger

    func run() async throws {
        let judged = try await pool.withTransaction { session in
            guard try SweepLock.failures.isTaken(in: session) else { return [Judged]() }
            try BeginTable.prepare(session)
            var judged: [Judged] = []
            for row in try session.execute(Self.look) { judged.append(try judge(row)) }
            let changed = try ChangeTable.apply(judged.map(\.row), in: session)
            return judged.filter { changed.contains($0.row.id) }
        }
        // Brakes first: a turn that comes before its pause would be refused as well.
        await slowDown(judged)
        await giver.give(judged.filter { $0.row.turnIsGiven }.map(\.turn))
    }

    /// Of several failures that ask for the same, the latest attempt's counts: it knows the number as it is now.
    private func slowDown(_ judged: [Judged]) async {
        var braked: Set<Braked> = []
        for one in judged.sorted(by: { $0.startedAt > $1.startedAt }) {
            guard let brake = one.row.change.brake else { continue }
            let recipient: String? =
                switch brake {
                case .recipient: one.turn.recipientKey
                case .number, .app, .pause: nil
                }
            guard
                braked.insert(Braked(brake: "\(brake)", number: one.turn.number, recipient: recipient)).inserted
            else { continue }
            let subject = Brakes.Subject(
                tenant: Int64(one.turn.tenant) ?? 0, number: one.turn.number, waba: one.waba,
                recipientKey: one.turn.recipientKey, startedAt: one.startedAt)
            await brakes.apply(brake, to: subject, sentAgo: .microseconds(one.age))
        }
    }

    private func judge(_ row: PostgresRow) throws(PostgresError) -> Judged {
        let turn = try TurnGiver.turn(row)
        let attempts = try row.int32(5)
        let now = try row.microseconds(12)
        let kind: SendState.Kind = turn.type == "quote_link" ? .quoteLink : turn.type == "template" ? .template : .text
        let state = SendState(
            status: .failed, kind: kind, attempts: Int(attempts),
            age: max(0, try row.optionalInt64(11) ?? 0),
            tries: SendTries(
                message: Int(try row.int32(18)), recipient: Int(try row.int32(19)), app: Int(try row.int32(20))),
            expiresIn: try row.optionalMicroseconds(7).map { ($0 - now) / 1_000 },
            onClosed: try row.optionalString(6).flatMap(ClosedWindowPolicy.init),
            hasTemplate: try row.bool(13), sentAsTemplate: try row.optionalBool(10) ?? false,
            resends: Int(try row.int32(8)), standing: try row.optionalString(17).flatMap(SendStatus.init))
        let code = Self.code(in: try row.optionalBytes(9))
        let rule =
            code.map { SendErrorTable.rule(code: $0) }
            ?? SendErrorRule(
                code: nil, class: .fail, title: "WhatsApp reported that the message failed, without saying why",
                advice: "Send it anew, or reach the customer in another way.")
        metrics.count(rule.class)
        var random = SystemRandomNumberGenerator()
        let change =
            SendMachine.decide(state, .reportedFailed(rule), using: &random)
            ?? SendChange(.failed, reason: .expired)
        var isDueNow = false
        if case .after(0) = change.due { isDueNow = true }
        let startedAt = try row.optionalMicroseconds(15) ?? 0
        return Judged(
            row: RowChange(
                id: turn.messageID, attempt: attempts, from: .failed, change: change, turnIsGiven: isDueNow,
                outcome: try row.optionalBool(16) == true ? nil : .failed, code: code),
            turn: turn, waba: try row.optionalString(14), startedAt: startedAt, age: max(0, now - startedAt))
    }

    /// The code of the first error of a status.
    private static func code(in errors: [UInt8]?) -> Int? {
        guard let errors else { return nil }
        var parser = JSONParser()
        let code = try? parser.withDocument(errors) { root in
            root.elements.lazy.compactMap { $0["code"]?.lenientInt64 }.first(where: { _ in true })
        }
        return (code ?? nil).flatMap(Int.init(exactly:))
    }
}
