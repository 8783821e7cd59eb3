internal import Postgres
internal import Tenants

/// What an operator did to a queue or a lane, for the table `audit_log`.
enum OperatorAudit {
    private static let insert: PostgresStatement = """
        insert into audit_log (actor, action, detail, origin)
        values ($1, $2, jsonb_build_object('subject', $3::text), $4)
        """

    static func write(
        _ action: String, subject: String, by actor: AuditActor, in session: PostgresSession
    ) throws(PostgresError) {
        _ = try session.execute(
            insert, [.text(actor.name), .text(action), .text(subject), .text(actor.origin)])
    }
}
