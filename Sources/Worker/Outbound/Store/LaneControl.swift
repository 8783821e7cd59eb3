public import Postgres
public import Tenants

/// What an operator does to a number, in its settings: there its tenant reads why nothing goes out, and every worker looks
/// there before a send. The lane in Redis follows. Each change is written to the audit log.
public enum LaneControl {
    public enum Outcome: Sendable, Equatable {
        /// Done, or it was so already and is so still.
        case done
        /// No tenant has this number.
        case unknownNumber
    }

    private static let pause: PostgresStatement = """
        update whatsapp_configs set status = 'paused', updated_at = now(),
            status_reason = case when status = 'paused' then status_reason else $2 end
        where phone_number_id = $1
        returning tenant_id
        """
    /// As saved anew: a refusal of a send that began before does not pause it again, see ``NumberPauses``.
    private static let resume: PostgresStatement = """
        update whatsapp_configs set status = 'active', status_reason = null, version = version + 1, updated_at = now()
        where phone_number_id = $1 and status = 'paused'
        returning tenant_id
        """
    private static let look: PostgresStatement = "select tenant_id from whatsapp_configs where phone_number_id = $1"

    /// Pauses a number; one that is paused already keeps its first reason.
    public static func pause(
        _ number: String, reason: String, by actor: AuditActor, in session: PostgresSession
    ) throws(PostgresError) -> Outcome {
        let rows = try session.execute(pause, [.text(number), .text(SafeText.clean(reason))])
        guard let row = rows.first else { return .unknownNumber }
        try AuditLog.write("lane.pause", TenantID(try row.int64(0)), number: number, by: actor, in: session)
        return .done
    }

    /// Lets a paused number go on. Whether it was held as well only Redis knows, so the log has each call.
    public static func resume(
        _ number: String, by actor: AuditActor, in session: PostgresSession
    ) throws(PostgresError) -> Outcome {
        var rows = try session.execute(resume, [.text(number)])
        if rows.isEmpty { rows = try session.execute(look, [.text(number)]) }
        guard let row = rows.first else { return .unknownNumber }
        try AuditLog.write("lane.resume", TenantID(try row.int64(0)), number: number, by: actor, in: session)
        return .done
    }
}
