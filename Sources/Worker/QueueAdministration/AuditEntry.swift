public import Postgres

/// What an operator did to a queue, for the table `audit_log`.
public struct AuditEntry: Sendable {
    private static let insert: PostgresStatement = """
        insert into audit_log (actor, action, detail, origin) values ('operator', $1, $2::text::jsonb, $3)
        """

    private let action: String
    /// JSON text.
    private let detail: String
    private let origin: String

    /// - Parameters:
    ///   - action: such as `queue.pause`.
    ///   - detail: an object; never a secret.
    ///   - origin: who and from where, such as `cli:root`.
    public init(action: String, detail: JSONOutput, origin: String) {
        self.action = action
        self.detail = detail.line
        self.origin = origin
    }

    public func write(in session: PostgresSession) throws(PostgresError) {
        _ = try session.execute(Self.insert, [.text(action), .text(detail), .text(origin)])
    }
}
