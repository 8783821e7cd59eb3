internal import Postgres
internal import Tenants

/// Who asks, once that is known. It brings the database that such a caller may see: nothing else hands one out, so that
/// what is done for a tenant can't be done outside of the tenant's scope.
enum Caller: Sendable {
    case tenant(TenantCaller)
    case `operator`(OperatorCaller)
}

/// A tenant's caller.
struct TenantCaller: Sendable {
    let actor: AuditActor
    let database: ScopedDatabase
    /// The API key that was brought, or signed in with; nil: a sign-in link.
    let keyID: Int64?

    var tenant: TenantID { database.tenant }

    /// Throws a ``Problem`` for whoever came by a sign-in link. A link is given for a while: an API key would outlive it, and
    /// what is erased never comes back.
    func checkHasKey() throws(Problem) {
        guard keyID != nil else {
            throw .forbidden("You came by a sign-in link. This needs an API key: sign in with one, or ask an operator.")
        }
    }
}

/// A tenant who has a customer erased. That looks beyond the tenant's scope, at what was kept raw before it was anybody's;
/// `ErasureScope` says what of it is the tenant's.
struct EraserCaller: Sendable {
    let actor: AuditActor
    let tenant: TenantID
    let database: any PostgresDatabase
}

/// An operator, who sees all tenants.
struct OperatorCaller: Sendable {
    let actor: AuditActor
    let database: any PostgresDatabase
    /// Opens a connection beside the pool's, for what holds a lock of its own over several transactions.
    let connect: @Sendable () async throws -> PostgresConnection

    /// Hands over a connection of its own and closes it afterwards.
    func withOwnConnection<Value>(_ body: (PostgresConnection) async throws -> Value) async throws -> Value {
        let connection = try await connect()
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}
