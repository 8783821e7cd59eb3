internal import Postgres
internal import Tenants

/// Creates a tenant that will set up its number itself.
enum TenantCreation {
    private static let insert: PostgresStatement = "insert into tenants (name) values ($1) returning id"

    /// - Returns: its API key.
    static func create(_ name: TenantName, by actor: AuditActor, in session: PostgresSession) throws -> APIKey {
        let id = TenantID(try session.execute(insert, [.text(name.text)]).only().int64(0))
        try AuditLog.write("tenant.create", id, fields: ["name"], by: actor, in: session)
        guard let created = try APIKeyStore.create(for: id, by: actor, in: session) else { throw Problem.failure }
        return created.key
    }
}
