internal import Postgres

/// What an operator did to a queue, for the table `audit_log`.
struct AuditEntry: Sendable {
    private static let insert: PostgresStatement = """
        insert into audit_log (actor, action, detail, origin) values ('operator', $1, $2::text::jsonb, $3)
        """

    let action: String
    /// JSON text.
    let detail: String
    let origin: String

    func write(in session: PostgresSession) throws {
        _ = try session.execute(Self.insert, [.text(action), .text(detail), .text(origin)])
    }
}
