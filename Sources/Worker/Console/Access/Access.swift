internal import HTTPTypes
internal import OpenSSLKit
internal import OperationsKit
internal import Postgres
internal import Tenants

/// Finds out who asks, and lets in whom a route is for.
struct Access: Sendable {
    private let services: ConsoleServices
    private let limits: SignInLimits

    init(_ services: ConsoleServices) {
        self.services = services
        limits = SignInLimits(prefix: services.prefix, redis: services.redis)
    }

    /// The tenant whose key or session this is.
    ///
    /// Throws a ``Problem`` where there is none, or a `PostgresError`.
    func tenant(_ call: Call) async throws -> TenantCaller {
        switch try await caller(call) {
        case .tenant(let tenant, let actor): return TenantCaller(tenant: tenant, actor: actor)
        case .operator: throw Problem.forbidden("This is a tenant's; the operators' key opens /api/admin only.")
        }
    }

    func `operator`(_ call: Call) async throws -> AuditActor {
        switch try await caller(call) {
        case .operator(let actor): return actor
        case .tenant: throw Problem.forbidden("This is for operators.")
        }
    }

    private func caller(_ call: Call) async throws -> Caller {
        guard let header = call.header(.authorization) else { throw Problem.unauthorized }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw Problem.unauthorized }
        let presented = String(parts[1])
        if let key = APIKey(presented: presented) { return try await holder(of: key, call) }
        return try await operatorCaller(presented, call)
    }

    private func holder(of key: APIKey, _ call: Call) async throws -> Caller {
        let holder = try await services.database.withConnection(timeout: nil) { session in
            try APIKeyStore.holder(of: key, in: session)
        }
        guard let holder else { throw Problem.unauthorized }
        guard !holder.isDisabled else { throw Problem.forbidden("An operator has switched this tenant off.") }
        return .tenant(
            holder.tenant, actor: AuditActor(name: "api_key:\(holder.keyID)", origin: call.client))
    }

    /// A key that a person chose can be guessed at: wrong ones are counted for each address.
    private func operatorCaller(_ presented: String, _ call: Call) async throws -> Caller {
        guard services.configuration.operatorKey != nil else { throw Problem.unauthorized }
        let right = isOperatorKey(presented)
        if let seconds = try await limits.admit(right: right, address: call.client, account: "operator") {
            throw SignInLimits.problem(seconds)
        }
        guard right else { throw Problem.unauthorized }
        return .operator(AuditActor(name: "operator", origin: call.client))
    }

    /// What became of an attempt to sign in at the form.
    enum SignIn: Sendable {
        case admitted(SessionStore.Holder)
        case refused
        case disabled
        /// Too many wrong keys: seconds to wait.
        case wait(Int)
    }

    func signIn(_ presented: String, address: String) async throws -> SignIn {
        var holder: APIKeyStore.Holder?
        let key = APIKey(presented: presented)
        if let key {
            holder = try await services.database.withConnection(timeout: nil) { session in
                try APIKeyStore.holder(of: key, in: session)
            }
        }
        let isOperator = key == nil && isOperatorKey(presented)
        let account = key.map { "key:\($0.digest.hex.prefix(16))" } ?? "operator"
        if let seconds = try await limits.admit(right: isOperator || holder != nil, address: address, account: account)
        {
            return .wait(seconds)
        }
        if isOperator { return .admitted(.operator) }
        guard let holder else { return .refused }
        return holder.isDisabled ? .disabled : .admitted(.tenant(holder.tenant, keyID: holder.keyID))
    }

    static func isSame(_ left: String, _ right: String) -> Bool { SHA256.hash(left) == SHA256.hash(right) }

    /// In constant time: digests are compared.
    func isOperatorKey(_ presented: String) -> Bool {
        guard let key = services.configuration.operatorKey else { return false }
        return SHA256.hash(presented) == SHA256.hash(key.reveal())
    }
}
