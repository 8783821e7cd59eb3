internal import Postgres
internal import SendPolicy

/// The statements that begin sends.
enum BeginTable {
    /// Every look-up is by key; told so, the planner reads the same indexes whatever its statistics say.
    private static let settings: PostgresStatement = """
        select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true),
            set_config('jit', 'off', true)
        """
    private static let look: PostgresStatement = """
        select m.id, m.tenant_id, m.status, m.attempts, m.sender, m.type, m.recipient, m.phone_number_id,
            m.request::text, m.due_at, m.expires_at, m.closed_at, m.on_unknown, m.on_closed, m.resends,
            greatest(v.last_inbound_at, d.last_inbound_at),
            m.trying_since, m.message_tries, m.recipient_tries, m.app_tries,
            now(), c.phone_number_id, c.version, c.access_token, c.is_active and t.disabled_at is null,
            c.status = 'paused', c.status_reason, c.throttle_per_second, c.waba_id, c.template_name,
            c.template_language
        from unnest($1::text[]) as turn (id)
        join whatsapp_messages m on m.id = turn.id
        left join whatsapp_configs c on c.tenant_id = m.tenant_id
        left join tenants t on t.id = m.tenant_id
        left join whatsapp_conversations v on v.id = m.conversation_id
        left join whatsapp_conversations d on d.id = v.merged_into
        where m.direction = 'outbound' and m.request is not null
        order by m.id
        for update of m
        """
    private static let begin: PostgresStatement = """
        with begun as (
            update whatsapp_messages m set status = 'sending', attempts = m.attempts + 1, state_since = clock_timestamp(),
                sender = $3, intake_at = null, reason_code = null, reason = null,
                trying_since = case when b.is_late or m.trying_since is null then clock_timestamp()
                    else m.trying_since end,
                message_tries = case when b.is_late then 0 else m.message_tries end,
                recipient_tries = case when b.is_late then 0 else m.recipient_tries end,
                app_tries = case when b.is_late then 0 else m.app_tries end
            from unnest($1::text[], $2::bool[], $4::bool[]) as b (id, as_template, is_late)
            where m.id = b.id and m.status = 'queued'
            returning m.id, m.attempts, m.tenant_id, b.as_template
        )
        insert into whatsapp_send_attempts (message_id, attempt, tenant_id, started_at, as_template)
        select id, attempts, tenant_id, clock_timestamp(), as_template from begun
        on conflict (message_id, attempt) do update set started_at = excluded.started_at, ended_at = null,
            as_template = excluded.as_template, outcome = null, code = null, explanation = null, wamid = null
        """
    private static let confirm: PostgresStatement = """
        update whatsapp_messages m set state_since = clock_timestamp()
        from unnest($1::text[], $2::int4[]) as b (id, attempt)
        where m.id = b.id and m.attempts = b.attempt and m.status = 'sending' and m.sender = $3
        returning m.id
        """

    static func prepare(_ session: PostgresSession) throws(PostgresError) {
        _ = try session.execute(settings)
    }

    /// The rows of these messages, locked; in the order of their ids.
    static func look(up messages: [String], in session: PostgresSession) throws(PostgresError) -> [SendRow] {
        var ids = PostgresArray.text(capacity: messages.count, bytesPerElement: 26)
        for id in messages.sorted() { ids.append(id) }
        var rows: [SendRow] = []
        for row in try session.execute(look, [.array(ids)]) { rows.append(try SendRow(row)) }
        return rows
    }

    /// Begins an attempt of each, all of which are queued and locked.
    /// - Parameters:
    ///   - late: those whose limits count from now on; see ``SendRow/isLate``.
    ///   - sender: whose the attempts are.
    static func begin(
        _ sends: [(id: String, asTemplate: Bool)], late: Set<String> = [], sender: String, in session: PostgresSession
    ) throws(PostgresError) {
        guard !sends.isEmpty else { return }
        var ids = PostgresArray.text(capacity: sends.count, bytesPerElement: 26)
        var asTemplate = PostgresArray.bool(capacity: sends.count)
        var isLate = PostgresArray.bool(capacity: sends.count)
        for send in sends {
            ids.append(send.id)
            asTemplate.append(send.asTemplate)
            isLate.append(late.contains(send.id))
        }
        _ = try session.execute(begin, [.array(ids), .array(asTemplate), .text(sender), .array(isLate)])
    }

    /// Which of these attempts are still this sender's own.
    static func confirm(
        _ sends: [(id: String, attempt: Int32)], sender: String, in session: PostgresSession
    ) throws(PostgresError) -> Set<String> {
        var ids = PostgresArray.text(capacity: sends.count, bytesPerElement: 26)
        var attempts = PostgresArray.int4(capacity: sends.count)
        for send in sends.sorted(by: { $0.id < $1.id }) {
            ids.append(send.id)
            attempts.append(send.attempt)
        }
        var confirmed: Set<String> = []
        for row in try session.execute(confirm, [.array(ids), .array(attempts), .text(sender)]) {
            confirmed.insert(try row.string(0))
        }
        return confirmed
    }
}

extension SendRow {
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        id = try row.string(0)
        tenant = try row.int64(1)
        status = SendStatus(rawValue: try row.string(2))
        attempts = try row.int32(3)
        sender = try row.optionalString(4)
        type = try row.string(5)
        recipient = try row.optionalString(6) ?? ""
        number = try row.optionalString(7) ?? ""
        request = try row.bytes(8)
        dueAt = try row.optionalMicroseconds(9) ?? 0
        expiresAt = try row.optionalMicroseconds(10)
        closedAt = try row.optionalMicroseconds(11)
        onUnknown = try row.optionalString(12).flatMap(UnknownOutcomePolicy.init)
        onClosed = try row.optionalString(13).flatMap(ClosedWindowPolicy.init)
        resends = try row.int32(14)
        lastInboundAt = try row.optionalMicroseconds(15)
        tryingSince = try row.optionalMicroseconds(16)
        tries = SendTries(
            message: Int(try row.int32(17)), recipient: Int(try row.int32(18)), app: Int(try row.int32(19)))
        now = try row.microseconds(20)
        config = try row.isNull(21) ? nil : NumberConfig(row, from: 21)
    }
}

extension NumberConfig {
    fileprivate init(_ row: PostgresRow, from first: Int) throws(PostgresError) {
        number = try row.string(first)
        version = try row.int64(first + 1)
        sealedToken = try row.bytes(first + 2)
        isActive = try row.bool(first + 3)
        isPaused = try row.bool(first + 4)
        pauseReason = try row.optionalString(first + 5)
        perSecond = try row.int32(first + 6)
        waba = try row.optionalString(first + 7)
        if let name = try row.optionalString(first + 8), let language = try row.optionalString(first + 9) {
            template = Template(name: name, language: language)
        } else {
            template = nil
        }
    }
}
