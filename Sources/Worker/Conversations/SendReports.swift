internal import Postgres
internal import WhatsAppPayload

/// Moves sends by the statuses that carry their callback data, `<message id>.<attempt>`: also one whose wamid nobody
/// knows yet, because the status overtook the answer or the answer was lost.
///
/// The rules are those of the sends' state machine: forward only; a failure sticks to its attempt, and changes nothing
/// once the message waits to be tried again, or while another attempt is on its way or has arrived; a late success of an
/// older attempt counts.
enum SendReports {
    /// A failure is the message's only where its latest attempt has failed and none of the others stands.
    private static let apply = PostgresStatement(
        """
        update whatsapp_messages m set status = r.status,
            wamid = case when m.wamid is null and not exists (
                    select from whatsapp_messages x where x.tenant_id = r.tenant_id and x.wamid = r.wamid)
                then r.wamid else m.wamid end,
            errors = case when r.status = 'failed' then r.errors::jsonb else m.errors end,
            held = false, reason_code = null, reason = null
        from unnest($1::text[], $2::int4[], $3::bigint[], $4::text[], $5::text[], $6::text[])
            as r (id, attempt, tenant_id, wamid, status, errors)
        where m.id = r.id and m.tenant_id = r.tenant_id and m.direction = 'outbound' and m.request is not null
            and case
                when r.status = 'failed' then
                    m.status in ('sending', 'unknown', 'accepted', 'sent', 'delivered', 'read', 'played')
                    and (m.attempts = r.attempt or exists (
                        select from whatsapp_send_attempts l
                        where l.message_id = m.id and l.attempt = m.attempts
                            and (l.outcome in ('refused', 'not_sent') or exists (
                                select from whatsapp_message_statuses f
                                where f.tenant_id = l.tenant_id and f.wamid = l.wamid and f.status = 'failed'))))
                    and (m.attempts = 1
                        or \(StandingAttempt.status(of: "m.id", besides: "r.attempt")) is null)
                when m.status in ('accepted', 'sent', 'delivered', 'read', 'played')
                    then whatsapp_status_rank(r.status) > whatsapp_status_rank(m.status)
                when m.status = 'failed' and r.attempt >= m.attempts and m.reason_code is distinct from 'given_up'
                    then false
                else not exists (
                    select from whatsapp_message_statuses f
                    where f.tenant_id = r.tenant_id and f.wamid = r.wamid and f.status = 'failed')
            end
        """)
    /// Which message of Meta's an attempt became, where its answer was lost and a status tells: by that the attempt's
    /// statuses are found again.
    private static let name: PostgresStatement = """
        update whatsapp_send_attempts a set wamid = r.wamid
        from unnest($1::text[], $2::int4[], $3::bigint[], $4::text[]) as r (id, attempt, tenant_id, wamid)
        where a.message_id = r.id and a.attempt = r.attempt and a.tenant_id = r.tenant_id and a.wamid is null
        """

    /// What a status says about an attempt.
    private struct Report {
        let id: String
        let attempt: Int32
        let row: RoutedStatus
        let rank: Int

        /// Nil for statuses of messages that are not ours, and for those that move nothing.
        init?(_ row: RoutedStatus) {
            guard let data = row.status.callbackData, let (id, attempt) = Self.read(data) else { return nil }
            switch row.status.known {
            case .sent, .delivered, .read, .played, .failed: break
            case .queued, .sending, .accepted, nil: return nil
            }
            self.id = id
            self.attempt = attempt
            self.row = row
            rank = row.status.known?.rank ?? 100
        }

        /// 26 characters of a ULID, a dot, and an attempt from 1, of up to nine digits.
        private static func read(_ data: String) -> (String, Int32)? {
            let bytes = data.utf8
            guard (28...36).contains(bytes.count) else { return nil }
            let dot = bytes.index(bytes.startIndex, offsetBy: 26)
            guard bytes[dot] == UInt8(ascii: "."),
                bytes[bytes.index(after: dot)...].allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }),
                let attempt = Int32(data[data.index(after: dot)...]), attempt > 0
            else { return nil }
            return (String(data[..<dot]), attempt)
        }
    }

    /// Whether its callback data says which send it is about.
    static func names(_ row: RoutedStatus) -> Bool { Report(row) != nil }

    /// - Parameter statuses: of which those without such callback data are passed over.
    static func apply(_ statuses: [RoutedStatus], in session: PostgresSession) throws(PostgresError) {
        let all = statuses.compactMap(Report.init)
        // Later attempts first: a failure is passed over for what earlier ones are known to have become, and what becomes
        // of them in this batch is not known yet.
        var rest = all.sorted { $0.attempt > $1.attempt }
        // One row for each message in a statement: as a rule that is all of them.
        while !rest.isEmpty {
            var best: [String: Report] = [:]
            var later: [Report] = []
            for report in rest {
                guard let known = best[report.id] else {
                    best[report.id] = report
                    continue
                }
                if known.attempt != report.attempt {
                    later.append(report)
                } else if report.rank > known.rank {
                    best[report.id] = report
                }
            }
            try write(best.values.sorted { $0.id < $1.id }, in: session)
            rest = later
        }
        // Last: who writes what came of attempts locks messages first, too.
        try name(all.sorted { ($0.id, $0.attempt) < ($1.id, $1.attempt) }, in: session)
    }

    private static func name(_ reports: [Report], in session: PostgresSession) throws(PostgresError) {
        let count = reports.count
        var ids = PostgresArray.text(capacity: count, bytesPerElement: 26)
        var (attempts, tenants) = (PostgresArray.int4(capacity: count), PostgresArray.int8(capacity: count))
        var wamids = PostgresArray.text(capacity: count, bytesPerElement: 64)
        for report in reports {
            ids.append(report.id)
            attempts.append(report.attempt)
            tenants.append(report.row.tenant)
            wamids.append(report.row.status.wamid)
        }
        _ = try session.execute(name, [.array(ids), .array(attempts), .array(tenants), .array(wamids)])
    }

    private static func write(_ reports: [Report], in session: PostgresSession) throws(PostgresError) {
        let count = reports.count
        var ids = PostgresArray.text(capacity: count, bytesPerElement: 26)
        var (attempts, tenants) = (PostgresArray.int4(capacity: count), PostgresArray.int8(capacity: count))
        var wamids = PostgresArray.text(capacity: count, bytesPerElement: 64)
        var (statuses, errors) = (PostgresArray.text(capacity: count), PostgresArray.text(capacity: count))
        for report in reports {
            let status = report.row.status
            ids.append(report.id)
            attempts.append(report.attempt)
            tenants.append(report.row.tenant)
            wamids.append(status.wamid)
            statuses.append(status.status)
            errors.append(status.errors.isEmpty ? nil : ReportedError.jsonText(status.errors))
        }
        _ = try session.execute(
            apply,
            [
                .array(ids), .array(attempts), .array(tenants), .array(wamids), .array(statuses), .array(errors),
            ])
    }
}
