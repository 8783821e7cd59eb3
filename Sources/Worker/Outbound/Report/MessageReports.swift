public import Postgres
public import Tenants

/// Reads reports out of the database.
public enum MessageReports {
    /// The latest attempts are told, and how many there were before: a message that is throttled for a day has thousands.
    static let mostAttempts = 100

    private static let select: PostgresStatement = """
        select m.id, m.tenant_id, t.name, m.direction, m.type, m.status, m.wamid, m.recipient, m.recipient_wa_id,
            m.phone_number_id, m.created_at, m.origin, m.idempotency_key, m.quote_id, m.quote_version, m.reason, m.held,
            m.due_at, m.expires_at, m.on_unknown, m.resends, m.sender, m.state_since, c.status, c.status_reason,
            coalesce(c.is_active, true), t.disabled_at is not null, m.revoked_at, f.state, f.attempts, f.size, f.reason
        from whatsapp_messages m join tenants t on t.id = m.tenant_id
        left join whatsapp_media f on f.message_id = m.id and f.tenant_id = m.tenant_id
        left join whatsapp_configs c on c.tenant_id = m.tenant_id
        where m.id = $1 and ($2::bigint is null or m.tenant_id = $2)
        """
    private static let attempts: PostgresStatement = """
        select attempt, started_at, ended_at, outcome, code, explanation, wamid, count(*) over ()
        from whatsapp_send_attempts where message_id = $1 order by attempt desc limit $2
        """
    private static let statuses: PostgresStatement = """
        select s.status, coalesce(s.at, s.created_at), s.errors::text
        from whatsapp_message_statuses s
        where s.tenant_id = $1 and s.wamid = any($2)
        order by 2, whatsapp_status_rank(s.status), s.id
        """
    private static let find: PostgresStatement = """
        select id from (
            select id from whatsapp_messages where id = $1
            union
            select id from whatsapp_messages where (tenant_id, wamid) in (select t.id, $1 from tenants t)
            union
            select message_id from whatsapp_send_attempts where (tenant_id, wamid) in (select t.id, $1 from tenants t)
            union
            select id from whatsapp_messages where (tenant_id, quote_id) in (select t.id, $1 from tenants t)
        ) found order by id limit $2
        """

    /// The report of a message; nil if there is none.
    /// - Parameter tenant: whose message it must be; nil: anybody's, for operators.
    public static func load(
        _ id: String, of tenant: TenantID?, in session: PostgresSession
    ) throws(PostgresError) -> MessageReport? {
        guard let row = try session.execute(select, [.text(id), .int8(tenant?.value)]).first else { return nil }
        let owner = TenantID(try row.int64(1))
        let (tries, leftOut) = try attempts(of: id, in: session)
        var wamids = tries.compactMap(\.wamid)
        if let wamid = try row.optionalString(6), !wamids.contains(wamid) { wamids.append(wamid) }
        return MessageReport(
            id: id, tenant: owner, tenantName: try row.string(2), isOutbound: try row.string(3) == "outbound",
            type: try row.string(4), status: try row.string(5), wamid: try row.optionalString(6),
            recipient: try row.optionalString(7), recipientWaID: try row.optionalString(8),
            number: try row.optionalString(9), createdAt: try row.microseconds(10), origin: try row.optionalString(11),
            idempotencyKey: try row.optionalString(12), quoteID: try row.optionalString(13),
            quoteVersion: try row.optionalInt32(14), reason: try row.optionalString(15),
            sentAgainAs: try SentAgain.find([id], of: owner, in: session)[id], situation: try situation(row),
            attempts: tries, attemptsLeftOut: leftOut,
            statuses: try statuses(of: wamids, owner, in: session), file: try file(row),
            revokedAt: try row.optionalMicroseconds(27))
    }

    private static func file(_ row: PostgresRow) throws(PostgresError) -> MessageReport.File? {
        guard let state = try row.optionalString(28) else { return nil }
        return MessageReport.File(
            state: state, attempts: try row.int32(29), size: try row.optionalInt64(30),
            reason: try row.optionalString(31))
    }

    /// The ids of the messages that an operator means: a message's id, a wamid or a quote's id, of any tenant; oldest
    /// first.
    public static func find(
        _ text: String, limit: Int = 20, in session: PostgresSession
    ) throws(PostgresError) -> [String] {
        var ids: [String] = []
        for row in try session.execute(find, [.text(text), .int8(Int64(limit))]) { ids.append(try row.string(0)) }
        return ids
    }

    private static func situation(_ row: PostgresRow) throws(PostgresError) -> SendSituation {
        var situation = SendSituation(status: try row.string(5))
        situation.isHeld = try row.bool(16)
        situation.dueAt = try row.optionalMicroseconds(17)
        situation.expiresAt = try row.optionalMicroseconds(18)
        situation.onUnknown = try row.optionalString(19).flatMap(OnUnknown.init(rawValue:))
        situation.resends = try row.int32(20)
        situation.sender = try row.optionalString(21)
        situation.stateSince = try row.optionalMicroseconds(22)
        situation.numberStatus = try row.optionalString(23)
        situation.numberReason = try row.optionalString(24)
        situation.numberIsActive = try row.bool(25)
        situation.tenantIsDisabled = try row.bool(26)
        return situation
    }

    private static func attempts(
        of id: String, in session: PostgresSession
    ) throws(PostgresError) -> (latest: [MessageReport.Attempt], leftOut: Int) {
        var tries: [MessageReport.Attempt] = []
        var count = 0
        for row in try session.execute(attempts, [.text(id), .int8(Int64(mostAttempts))]) {
            count = Int(try row.int64(7))
            tries.append(
                MessageReport.Attempt(
                    number: try row.int32(0), startedAt: try row.microseconds(1),
                    endedAt: try row.optionalMicroseconds(2), outcome: try row.optionalString(3),
                    code: try row.optionalInt32(4), explanation: try row.optionalString(5),
                    wamid: try row.optionalString(6)))
        }
        return (tries.reversed(), count - tries.count)
    }

    private static func statuses(
        of wamids: [String], _ tenant: TenantID, in session: PostgresSession
    ) throws(PostgresError) -> [MessageReport.Status] {
        guard !wamids.isEmpty else { return [] }
        var array = PostgresArray.text(capacity: wamids.count)
        for wamid in wamids { array.append(wamid) }
        var told: [MessageReport.Status] = []
        for row in try session.execute(statuses, [.int8(tenant.value), .array(array)]) {
            told.append(
                MessageReport.Status(
                    status: try row.string(0), at: try row.microseconds(1), errors: try row.optionalString(2)))
        }
        return told
    }
}
