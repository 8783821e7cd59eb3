internal import Postgres
internal import Tenants

/// Names the tenant to the database as `quoteline.tenant`. No policy looks at it yet: each statement names its tenant.
enum TenantScope {
    private static let enterScope: PostgresStatement = "select set_config('quoteline.tenant', $1, true)"

    /// For the rest of this transaction.
    static func enter(_ tenant: TenantID, in session: PostgresSession) throws(PostgresError) {
        _ = try session.execute(enterScope, [.text(String(tenant.value))])
    }
}
