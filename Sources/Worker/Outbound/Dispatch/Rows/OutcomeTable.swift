internal import Postgres
internal import SendPolicy

/// Writes what came of attempts, many at once.
enum OutcomeTable {
    /// A row that a status webhook has moved on already keeps its status; statuses that came before the wamid was known
    /// are applied here. An acceptance counts however long it took: it stops a resend that has not begun.
    ///
    /// An attempt that is undone leaves its row behind, which says why, until the next one takes it: one row for an outage,
    /// however long. Should this be written again because its answer was lost, the sender tells the two apart.
    private static let write = PostgresStatement(
        """
        with o as (
            select * from unnest($1::text[], $2::int4[], $3::bigint[], $4::text[], $5::bigint[], $6::bool[], $7::bool[],
                $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::int4[], $14::text[], $15::text[])
                as o (id, attempt, tenant_id, status, due_ms, turn_given, closed, wamid, wa_id, reason_code, reason,
                    outcome, code, tally, sender)
        ), tries as (
            update whatsapp_send_attempts a set ended_at = now(), outcome = o.outcome, code = o.code,
                explanation = o.reason, wamid = coalesce(o.wamid, a.wamid)
            from o where a.message_id = o.id and a.attempt = o.attempt
                and (o.tally is distinct from 'undone' or exists (
                    select from whatsapp_messages m where m.id = o.id and m.attempts = o.attempt and m.sender = o.sender))
        ), known as (
            select o.*, (
                select s.status from whatsapp_message_statuses s
                where o.wamid is not null and s.tenant_id = o.tenant_id and s.wamid = o.wamid
                    and whatsapp_status_rank(s.status) > 3
                order by whatsapp_status_rank(s.status) desc limit 1) as reported
            from o
        )
        update whatsapp_messages m set
            status = case when m.status in ('sending', 'unknown', 'queued', 'expired', 'cancelled')
                then coalesce(k.reported, k.status) else m.status end,
            reason_code = case when m.status in ('sending', 'unknown', 'queued', 'expired', 'cancelled')
                then k.reason_code else m.reason_code end,
            reason = case when m.status in ('sending', 'unknown', 'queued', 'expired', 'cancelled')
                then k.reason else m.reason end,
            due_at = case when k.due_ms is null then m.due_at when k.due_ms < 0 then 'infinity'
                else now() + k.due_ms * interval '1 millisecond' end,
            turn_at = case when k.turn_given then now() + greatest(k.due_ms, 0) * interval '1 millisecond' end,
            expires_at = case when k.due_ms < 0 then least(m.expires_at, now() + interval '7 days')
                else m.expires_at end,
            closed_at = case when k.closed then \(ChangeTable.closedAt) else m.closed_at end,
            wamid = coalesce(k.wamid, m.wamid), recipient_wa_id = coalesce(k.wa_id, m.recipient_wa_id),
            held = false, attempts = m.attempts - case k.tally when 'undone' then 1 else 0 end,
            \(TallyColumns.assignments(from: "k"))
        from known k
        where m.id = k.id and m.attempts = k.attempt
            and (m.status in ('sending', 'unknown') or k.outcome = 'accepted')
            and (k.tally is distinct from 'undone' or m.sender = k.sender)
        returning m.id, m.status
        """)
    private static let putBack: PostgresStatement = """
        with back as (
            update whatsapp_messages m set status = 'queued', attempts = m.attempts - 1, state_since = null,
                sender = null, turn_at = case when o.turn_given then now() end
            from unnest($1::text[], $2::int4[], $3::bool[], $4::text[]) as o (id, attempt, turn_given, sender)
            where m.id = o.id and m.attempts = o.attempt and m.status = 'sending' and m.sender = o.sender
            returning m.id, o.attempt
        ), gone as (
            delete from whatsapp_send_attempts a using back where a.message_id = back.id and a.attempt = back.attempt
        )
        select id, 'queued'::text from back
        """

    /// - Returns: what each row that was changed says now; a row that has gone on without this attempt is not there.
    static func write(
        _ outcomes: [SendOutcome], in session: PostgresSession
    ) throws(PostgresError) -> [String: SendStatus] {
        var statuses: [String: SendStatus] = [:]
        let ordered = outcomes.sorted { $0.id < $1.id }
        for rows in [try writeEnded(ordered, in: session), try writeBack(ordered, in: session)] {
            for row in rows { statuses[try row.string(0)] = SendStatus(rawValue: try row.string(1)) }
        }
        return statuses
    }

    private static func writeEnded(
        _ outcomes: [SendOutcome], in session: PostgresSession
    ) throws(PostgresError) -> [PostgresRow] {
        let count = outcomes.count
        func texts(_ bytes: Int = 16) -> PostgresArray { .text(capacity: count, bytesPerElement: bytes) }
        var (ids, attempts, tenants) = (
            texts(26), PostgresArray.int4(capacity: count), PostgresArray.int8(capacity: count)
        )
        var (statuses, due) = (texts(), PostgresArray.int8(capacity: count))
        var (given, closed) = (PostgresArray.bool(capacity: count), PostgresArray.bool(capacity: count))
        var (wamids, waIDs, codes, reasons, ends) = (texts(64), texts(), texts(), texts(64), texts())
        var (metaCodes, tallies, senders) = (PostgresArray.int4(capacity: count), texts(), texts(64))
        for outcome in outcomes {
            guard case .ended(let end, let change) = outcome.kind else { continue }
            ids.append(outcome.id)
            attempts.append(outcome.attempt)
            tenants.append(outcome.tenant)
            statuses.append(change.status.rawValue)
            due.append(change.due?.wire)
            given.append(outcome.turnIsGiven && change.due != nil)
            closed.append(change.windowIsClosed)
            wamids.append(outcome.wamid.map(SafeText.clean))
            waIDs.append(outcome.recipientWaID.map(SafeText.clean))
            codes.append(change.reason?.code)
            reasons.append(change.reason.map { SafeText.clean($0.text) })
            ends.append(end.rawValue)
            metaCodes.append(outcome.code.map { Int32(clamping: $0) })
            tallies.append(change.tally?.wire)
            senders.append(outcome.sender)
        }
        guard ids.count > 0 else { return [] }
        var parameters = PostgresParameters()
        for array in [
            ids, attempts, tenants, statuses, due, given, closed, wamids, waIDs, codes, reasons, ends, metaCodes,
            tallies, senders,
        ] { parameters.append(array) }
        return Array(try session.execute(write, parameters))
    }

    private static func writeBack(
        _ outcomes: [SendOutcome], in session: PostgresSession
    ) throws(PostgresError) -> [PostgresRow] {
        var (ids, attempts) = (PostgresArray.text(), PostgresArray.int4())
        var (given, senders) = (PostgresArray.bool(), PostgresArray.text())
        for outcome in outcomes {
            guard case .putBack = outcome.kind else { continue }
            ids.append(outcome.id)
            attempts.append(outcome.attempt)
            given.append(outcome.turnIsGiven)
            senders.append(outcome.sender)
        }
        guard ids.count > 0 else { return [] }
        return Array(try session.execute(putBack, [.array(ids), .array(attempts), .array(given), .array(senders)]))
    }
}
