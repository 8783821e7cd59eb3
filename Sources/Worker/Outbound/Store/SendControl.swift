public import OutboundLanes
public import Postgres
public import Tenants

/// What a person does to a send that is under way, or with one that has ended. Each is a compare-and-set in the row, and
/// written to the audit log.
public enum SendControl {
    public enum Outcome: Sendable, Equatable {
        /// Done; the turn is to be pushed after the commit.
        case done(turn: Turn?)
        /// There is no such send of this tenant.
        case notFound
        /// It is in a status in which this cannot be done.
        case notNow(status: String)
    }

    /// What becomes of a send whose outcome nobody knows.
    public enum Release: String, Sendable, CaseIterable {
        /// It goes out once more; the customer may get it twice.
        case resend
        /// It counts as failed.
        case giveUp = "give_up"
    }

    private static let cancel: PostgresStatement = """
        update whatsapp_messages set status = 'cancelled', held = false, turn_at = null, reason_code = 'cancelled',
            reason = 'Cancelled by ' || $3::text || '.'
        where id = $1 and ($2::bigint is null or tenant_id = $2) and direction = 'outbound' and request is not null
            and status = 'queued'
        returning tenant_id
        """
    private static let giveUp: PostgresStatement = """
        update whatsapp_messages set status = 'failed', held = false, reason_code = 'given_up',
            reason = 'Whether it arrived is not known; given up by ' || $3::text || '.'
        where id = $1 and ($2::bigint is null or tenant_id = $2) and direction = 'outbound' and request is not null
            and status = 'unknown'
        returning tenant_id
        """
    private static let resend: PostgresStatement = """
        update whatsapp_messages set status = 'queued', held = false, due_at = now(), turn_at = now(), state_since = null,
            sender = null, resends = resends + 1, reason_code = 'resent', trying_since = null, message_tries = 0,
            recipient_tries = 0, app_tries = 0,
            reason = 'Whether it arrived is not known; sent once more by ' || $3::text || '.'
        where id = $1 and ($2::bigint is null or tenant_id = $2) and direction = 'outbound' and request is not null
            and status = 'unknown'
        returning tenant_id, type, phone_number_id, recipient
        """
    private static let look: PostgresStatement = """
        select status, tenant_id, request::text from whatsapp_messages
        where id = $1 and ($2::bigint is null or tenant_id = $2) and direction = 'outbound' and request is not null
        """

    /// Takes back a send that is still queued.
    /// - Parameter tenant: whose send it must be; nil: anybody's, for operators.
    public static func cancel(
        _ id: String, of tenant: TenantID?, by actor: AuditActor, in session: PostgresSession
    ) throws(PostgresError) -> Outcome {
        try change(id, tenant, cancel, "send.cancel", actor, session) { _ in nil }
    }

    /// Decides for a send whose outcome nobody knows, held or not.
    public static func release(
        _ id: String, of tenant: TenantID?, _ release: Release, by actor: AuditActor, in session: PostgresSession
    ) throws(PostgresError) -> Outcome {
        switch release {
        case .giveUp: try change(id, tenant, giveUp, "send.give_up", actor, session) { _ in nil }
        case .resend:
            try change(id, tenant, resend, "send.resend", actor, session) { row throws(PostgresError) in
                Turn(
                    messageID: id, tenant: String(try row.int64(0)), number: try row.string(2),
                    recipientKey: Turn.recipientKey(of: try row.string(3)), type: try row.string(1))
            }
        }
    }

    /// Sends again what has ended, as a new message. Pressed twice it is one new message.
    /// - Parameter now: Unix milliseconds.
    /// - Returns: nil if there is no such send; refused while it is still under way.
    public static func sendAgain(
        _ id: String, of tenant: TenantID?, origin: SendOrigin, by actor: AuditActor, now: Int64,
        in session: PostgresSession
    ) throws(PostgresError) -> Submission? {
        guard let row = try session.execute(look, [.text(id), .int8(tenant?.value)]).first else { return nil }
        let (status, owner) = (try row.string(0), TenantID(try row.int64(1)))
        guard !["queued", "sending", "unknown"].contains(status) else {
            return .refused(
                SendRefusal(.invalidValue, "id", "is still \(status); expected a message whose sending has ended"))
        }
        let json = try row.bytes(2)
        var request: SendRequest
        do throws(SendRefusal) {
            request = try SendRequest(json: json)
        } catch {
            return .refused(error)
        }
        request.sendAt = nil
        let order = SendOrder(tenant: owner, key: SentAgain.key(of: id), request: request, origin: origin)
        return try submit(order, of: id, by: actor, now: now, in: session)
    }

    private static func submit(
        _ order: SendOrder, of id: String, by actor: AuditActor, now: Int64, in session: PostgresSession
    ) throws(PostgresError) -> Submission? {
        let submission = try SendStore.submit([order], now: now, in: session).first
        switch submission {
        case .new:
            try AuditLog.write("send.again", order.tenant, message: id, by: actor, in: session)
        case .same, .conflict, .refused, nil: break
        }
        return submission
    }

    private static func change(
        _ id: String, _ tenant: TenantID?, _ statement: PostgresStatement, _ action: String, _ actor: AuditActor,
        _ session: PostgresSession, turn: (PostgresRow) throws(PostgresError) -> Turn?
    ) throws(PostgresError) -> Outcome {
        let rows = try session.execute(statement, [.text(id), .int8(tenant?.value), .text(actor.name)])
        guard let row = rows.first else {
            let known = try session.execute(look, [.text(id), .int8(tenant?.value)]).first
            return try known.map { row throws(PostgresError) in .notNow(status: try row.string(0)) } ?? .notFound
        }
        try AuditLog.write(action, TenantID(try row.int64(0)), message: id, by: actor, in: session)
        return .done(turn: try turn(row))
    }
}
