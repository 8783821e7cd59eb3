internal import Identifiers
internal import Postgres
internal import Tenants

/// Makes links that sign somebody in as a tenant, once: for the business's own dashboard, and for operators who help.
struct SignInLinks: Sendable {
    struct Link: Sendable {
        let url: String
        /// Microseconds since 1970.
        let expiresAt: Int64
    }

    private static let exists: PostgresStatement = "select 1 from tenants where id = $1 and disabled_at is null"

    let services: ConsoleServices
    let sessions: SessionStore

    /// - Parameter site: the host that the caller asked, where no public address is set.
    func make(for tenant: TenantID, by caller: OperatorCaller, site: String) async throws -> Link {
        let actor = caller.actor
        let isThere = try await caller.database.withTransaction { session in
            guard try !session.execute(Self.exists, [.int8(tenant.value)]).isEmpty else { return false }
            try AuditLog.write("sign_in_link.create", tenant, by: actor, in: session)
            return true
        }
        guard isThere else { throw Problem.notFound }
        let token = try await sessions.makeLink(for: tenant)
        let origin = services.configuration.publicURL?.origin ?? "http://\(site)"
        let now = UnixClock.milliseconds()
        return Link(
            url: "\(origin)/app/sign-in/link?token=\(token)",
            expiresAt: (now + Int64(SessionStore.linkSeconds) * 1_000) * 1_000)
    }
}
