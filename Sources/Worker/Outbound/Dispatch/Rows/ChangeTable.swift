internal import Postgres
internal import SendPolicy

/// Writes decided changes, each a compare-and-set on status and attempts.
enum ChangeTable {
    /// A message that is tried again gives up its wamid: what comes late for the failed attempt is not the message's.
    private static let apply = PostgresStatement(
        """
        with c as (
            select * from unnest($1::text[], $2::int4[], $3::text[], $4::text[], $5::bigint[], $6::bool[], $7::bool[],
                $8::bool[], $9::bool[], $10::text[], $11::text[], $12::text[], $13::text[], $14::int4[], $15::text[])
                as c (id, attempt, before, status, due_ms, turn_given, held, resend, closed, number, reason_code, reason,
                    outcome, code, tally)
        ), changed as (
            update whatsapp_messages m set status = c.status,
                due_at = case when c.due_ms is null then m.due_at when c.due_ms < 0 then 'infinity'
                    else now() + c.due_ms * interval '1 millisecond' end,
                turn_at = case when c.turn_given then now() + greatest(c.due_ms, 0) * interval '1 millisecond' end,
                expires_at = case when c.due_ms < 0 then least(m.expires_at, now() + interval '7 days')
                    else m.expires_at end,
                closed_at = case when c.closed then \(closedAt) else m.closed_at end,
                wamid = case when c.before = 'failed' and c.status = 'queued' then null else m.wamid end,
                phone_number_id = coalesce(c.number, m.phone_number_id),
                held = c.held, resends = m.resends + c.resend::int, reason_code = c.reason_code, reason = c.reason,
                \(TallyColumns.assignments(from: "c"))
            from c
            where m.id = c.id and m.attempts = c.attempt and m.status = c.before
            returning m.id, c.attempt, c.outcome, c.code, c.reason
        ), tries as (
            update whatsapp_send_attempts a set ended_at = coalesce(a.ended_at, now()), outcome = changed.outcome,
                code = coalesce(changed.code, a.code), explanation = changed.reason
            from changed
            where changed.outcome is not null and a.message_id = changed.id and a.attempt = changed.attempt
        )
        select id from changed
        """)
    /// From when on the window counts as closed for a row `m` that Meta refused: since its attempt began, however late that
    /// is told, so that what the customer wrote meanwhile opens it. A second earlier, for Meta's times are whole seconds,
    /// cut off.
    static let closedAt = """
        coalesce((select a.started_at - interval '1 second' from whatsapp_send_attempts a
            where a.message_id = m.id and a.attempt = m.attempts), now())
        """

    /// - Returns: the messages that were changed.
    @discardableResult
    static func apply(_ changes: [RowChange], in session: PostgresSession) throws(PostgresError) -> Set<String> {
        guard !changes.isEmpty else { return [] }
        let count = changes.count
        func texts(_ bytes: Int = 16) -> PostgresArray { .text(capacity: count, bytesPerElement: bytes) }
        func flags() -> PostgresArray { .bool(capacity: count) }
        var (ids, attempts, before, after) = (texts(26), PostgresArray.int4(capacity: count), texts(), texts())
        var (due, given, held, resends, closed) = (
            PostgresArray.int8(capacity: count), flags(), flags(), flags(), flags()
        )
        var (numbers, codes, reasons, outcomes) = (texts(), texts(), texts(64), texts())
        var (metaCodes, tallies) = (PostgresArray.int4(capacity: count), texts())
        for row in changes.sorted(by: { $0.id < $1.id }) {
            ids.append(row.id)
            attempts.append(row.attempt)
            before.append(row.from.rawValue)
            after.append(row.change.status.rawValue)
            due.append(row.change.due?.wire)
            given.append(row.turnIsGiven)
            held.append(row.change.held)
            resends.append(row.change.isResend)
            closed.append(row.change.windowIsClosed)
            numbers.append(row.number)
            codes.append(row.change.reason?.code)
            reasons.append(row.change.reason.map { SafeText.clean($0.text) })
            outcomes.append(row.outcome?.rawValue)
            metaCodes.append(row.code.map { Int32(clamping: $0) })
            tallies.append(row.change.tally?.wire)
        }
        var parameters = PostgresParameters()
        for array in [
            ids, attempts, before, after, due, given, held, resends, closed, numbers, codes, reasons, outcomes,
            metaCodes, tallies,
        ] { parameters.append(array) }
        var changed: Set<String> = []
        for row in try session.execute(apply, parameters) { changed.insert(try row.string(0)) }
        return changed
    }
}

extension SendChange.Due {
    /// As the statements take it: milliseconds from now, -1 for when the customer writes.
    var wire: Int64 {
        switch self {
        case .after(let delay): delay
        case .whenWindowOpens: -1
        }
    }
}

/// Texts of others on their way into a text column.
enum SafeText {
    private static let longest = 1_000

    /// PostgreSQL takes no NUL.
    static func clean(_ text: String) -> String {
        let cut = text.unicodeScalars.count > longest ? String(text.unicodeScalars.prefix(longest)) + "…" : text
        guard cut.utf8.contains(0) else { return cut }
        return String(String.UnicodeScalarView(cut.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }
}
