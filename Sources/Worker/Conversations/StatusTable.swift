internal import Postgres
internal import WhatsAppPayload

/// Keeps every status once and moves the messages that they name forward.
enum StatusTable {
    /// The statuses that were not there before are events.
    private static let insert: PostgresStatement = """
        with stored as (
        insert into whatsapp_message_statuses (tenant_id, wamid, status, participant, at, recipient_wa_id,
            recipient_user_id, callback_data, errors, raw)
        select tenant_id, wamid, status, participant, at, recipient_wa_id, recipient_user_id, callback_data,
            errors::jsonb, raw
        from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::bytea[])
            as s (tenant_id, wamid, status, participant, at, recipient_wa_id, recipient_user_id, callback_data, errors,
                raw)
        on conflict do nothing
        returning tenant_id, id)
        insert into whatsapp_feed (tenant_id, kind, status_ids, size)
        select tenant_id, 'status', array_agg(id order by id), count(*) from stored group by tenant_id
        """
    /// What failed for one participant of a group did not fail for the others: it is kept, and moves nothing.
    private static let apply: PostgresStatement = """
        update whatsapp_messages m set status = best.status, held = false, reason_code = null, reason = null
        from (
            select distinct on (s.tenant_id, s.wamid) s.tenant_id, s.wamid, s.status
            from unnest($1::bigint[], $2::text[]) as w (tenant_id, wamid)
            join whatsapp_message_statuses s on s.tenant_id = w.tenant_id and s.wamid = w.wamid
            where s.status <> 'failed' or s.participant is null
            order by s.tenant_id, s.wamid, whatsapp_status_rank(s.status) desc
        ) best
        where m.tenant_id = best.tenant_id and m.wamid = best.wamid and m.direction = 'outbound'
            and whatsapp_status_rank(best.status) > whatsapp_status_rank(m.status)
        """

    static func insert(_ statuses: inout [RoutedStatus], in session: PostgresSession) throws(PostgresError) {
        guard !statuses.isEmpty else { return }
        statuses.sort {
            ($0.tenant, $0.status.wamid, $0.status.status, $0.status.participant ?? "")
                < ($1.tenant, $1.status.wamid, $1.status.status, $1.status.participant ?? "")
        }
        let count = statuses.count
        var tenants = PostgresArray.int8(capacity: count)
        var wamids = PostgresArray.text(capacity: count, bytesPerElement: 64)
        var (names, participants) = (PostgresArray.text(capacity: count), PostgresArray.text(capacity: count))
        var times = PostgresArray.timestamptz(capacity: count)
        var (waIDs, userIDs) = (PostgresArray.text(capacity: count), PostgresArray.text(capacity: count))
        var callbacks = PostgresArray.text(capacity: count, bytesPerElement: 32)
        var errors = PostgresArray.text(capacity: count)
        var raw = PostgresArray.bytea(capacity: count, bytesPerElement: 256)
        for row in statuses {
            let status = row.status
            tenants.append(row.tenant)
            wamids.append(status.wamid)
            names.append(status.status)
            participants.append(status.participant)
            times.append(microseconds: status.timestamp.map { $0 * 1_000_000 })
            waIDs.append(status.recipientWaID)
            userIDs.append(status.recipientUserID)
            callbacks.append(status.callbackData)
            errors.append(status.errors.isEmpty ? nil : ReportedError.jsonText(status.errors))
            status.raw.withUnsafeBytes { raw.append(bytes: $0) }
        }
        var parameters = PostgresParameters()
        for array in [tenants, wamids, names, participants, times, waIDs, userIDs, callbacks, errors, raw] {
            parameters.append(array)
        }
        _ = try session.execute(insert, parameters)
    }

    /// Applies what is known of the messages that this batch touched: statuses of messages that came before, and our own
    /// messages whose statuses came before them. A status that names its send finds it by that, whatever its wamid.
    static func apply(
        to messages: [RoutedMessage], _ statuses: [RoutedStatus], in session: PostgresSession
    ) throws(PostgresError) {
        var touched: Set<TouchedMessage> = []
        for row in messages where row.isEcho {
            touched.insert(TouchedMessage(tenant: row.tenant, wamid: row.message.wamid))
        }
        var named: [RoutedStatus] = []
        for row in statuses {
            if SendReports.names(row) {
                named.append(row)
            } else {
                touched.insert(TouchedMessage(tenant: row.tenant, wamid: row.status.wamid))
            }
        }
        if !named.isEmpty { try SendReports.apply(named, in: session) }
        guard !touched.isEmpty else { return }
        var tenants = PostgresArray.int8(capacity: touched.count)
        var wamids = PostgresArray.text(capacity: touched.count, bytesPerElement: 64)
        for message in touched.sorted() {
            tenants.append(message.tenant)
            wamids.append(message.wamid)
        }
        _ = try session.execute(apply, [.array(tenants), .array(wamids)])
    }
}

private struct TouchedMessage: Hashable, Comparable {
    let tenant: Int64
    let wamid: String

    static func < (left: TouchedMessage, right: TouchedMessage) -> Bool {
        (left.tenant, left.wamid) < (right.tenant, right.wamid)
    }
}

/// Orders transactions that write statuses against those that write our own messages, tenant by tenant.
///
/// Without it, a status and the message that it names, stored at the same moment by two workers, would each be invisible
/// to the other, and the status would never be applied. Statuses share the lock among themselves.
enum StatusLock {
    private static let space: Int32 = 7_002
    private static let lock: PostgresStatement = """
        select case when writes then pg_advisory_xact_lock($1, tenant::int)
            else pg_advisory_xact_lock_shared($1, tenant::int) end
        from unnest($2::bigint[], $3::bool[]) as t (tenant, writes)
        """

    static func take(
        for messages: [RoutedMessage], _ statuses: [RoutedStatus], in session: PostgresSession
    ) throws(PostgresError) {
        let writers = Set(messages.lazy.filter(\.isEcho).map(\.tenant))
        let all = writers.union(statuses.lazy.map(\.tenant)).sorted()
        guard !all.isEmpty else { return }
        // One pass in the order of the tenants, whatever the kind of lock: so no two transactions wait for one another.
        var writes = PostgresArray.bool(capacity: all.count)
        for tenant in all { writes.append(writers.contains(tenant)) }
        _ = try session.execute(lock, [.int4(space), .array(.int8(of: all)), .array(writes)])
    }
}
