internal import HTTPTypes
internal import Hummingbird
internal import OpenSSLKit
internal import OperationsKit
internal import Postgres
internal import Tenants

/// Finds out who asks, lets in whom a route is for, and hands out the database as this caller may see it. The only holder
/// of the database without a scope: who asks is known only after it was asked.
struct Access: Sendable {
    private static let tenantName: PostgresStatement = """
        select t.name from tenants t
        where t.id = $1 and t.disabled_at is null and (t.link_epoch = $3 or exists (
            select from api_keys k where k.tenant_id = t.id and k.id = $2 and k.revoked_at is null))
        """
    private static let linkEpoch: PostgresStatement = "select link_epoch from tenants where id = $1"

    private let operatorKey: Secret?
    private let limits: SignInLimits
    private let sessions: SessionStore
    private let cookies: ConsoleCookies
    private let database: any PostgresDatabase
    private let connect: @Sendable () async throws -> PostgresConnection
    private let shares = TenantShares()

    init(
        operatorKey: Secret?, limits: SignInLimits, sessions: SessionStore, cookies: ConsoleCookies,
        database: any PostgresDatabase, connect: @escaping @Sendable () async throws -> PostgresConnection
    ) {
        self.operatorKey = operatorKey
        self.limits = limits
        self.sessions = sessions
        self.cookies = cookies
        self.database = database
        self.connect = connect
    }

    // MARK: - Over the API

    /// What the API answers a tenant: whoever brings a key of theirs, or is signed in.
    func tenant(
        _ method: HTTPRequest.Method, _ path: String,
        _ body: @escaping @Sendable (Call, TenantCaller) async throws -> Response
    ) -> Route {
        Route(method, path) { call in
            guard case .tenant(let caller) = try await self.caller(call) else {
                throw Problem.forbidden("This is a tenant's; operators are let into /api/admin only.")
            }
            return try await body(call, caller)
        }
    }

    /// What the API answers operators.
    func `operator`(
        _ method: HTTPRequest.Method, _ path: String,
        _ body: @escaping @Sendable (Call, OperatorCaller) async throws -> Response
    ) -> Route {
        Route(method, path) { call in
            guard case .operator(let caller) = try await self.caller(call) else {
                throw Problem.forbidden("This is for operators.")
            }
            return try await body(call, caller)
        }
    }

    /// The same tenant, for the erasure of a customer, which needs a key.
    func eraser(_ caller: TenantCaller) throws(Problem) -> EraserCaller {
        try caller.checkHasKey()
        return EraserCaller(
            actor: caller.actor, tenant: caller.tenant, database: shares.database(database, of: caller.tenant))
    }

    /// By its key; where none is given, by the session of the browser that asks.
    ///
    /// Throws a ``Problem`` where there is none, or a `PostgresError`.
    private func caller(_ call: Call) async throws -> Caller {
        guard let header = call.header(.authorization) else {
            guard let session = try await session(call) else { throw Problem.unauthorized }
            try SessionRequest.check(call, csrf: session.csrf)
            return session.caller
        }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw Problem.unauthorized }
        let presented = String(parts[1])
        if let key = APIKey(presented: presented) { return try await holder(of: key, call) }
        return try await operatorCaller(presented, call)
    }

    private func holder(of key: APIKey, _ call: Call) async throws -> Caller {
        guard let holder = try await holder(of: key) else { throw Problem.unauthorized }
        guard !holder.isDisabled else { throw Problem.forbidden("An operator has switched this tenant off.") }
        return caller(of: .tenant(holder.tenant, keyID: holder.keyID), at: call.client)
    }

    /// A key that a person chose can be guessed at: wrong ones are counted for each address.
    private func operatorCaller(_ presented: String, _ call: Call) async throws -> Caller {
        guard operatorKey != nil else { throw Problem.unauthorized }
        let right = isOperatorKey(presented)
        switch try await limits.admit(right: right, address: call.client, account: "operator") {
        case .wait(let seconds): throw SignInLimits.problem(seconds)
        case .looked(let news):
            try await note(news, .wrongOperatorKey, at: call.client)
        }
        guard right else { throw Problem.unauthorized }
        return caller(of: .operator, at: call.client)
    }

    // MARK: - Signing in

    /// What became of an attempt to sign in at the form.
    enum SignIn: Sendable {
        case admitted(SessionStore.Holder)
        case refused
        case disabled
        /// Too many wrong keys: seconds to wait.
        case wait(Int)
    }

    /// Whoever is admitted, and refused, is written to the audit log.
    func signIn(_ presented: String, address: String) async throws -> SignIn {
        let key = APIKey(presented: presented)
        let holder: APIKeyStore.Holder? = if let key { try await self.holder(of: key) } else { nil }
        let isOperator = key == nil && isOperatorKey(presented)
        let account = key.map { "key:\($0.digest.hex.prefix(16))" } ?? "operator"
        switch try await limits.admit(right: isOperator || holder != nil, address: address, account: account) {
        case .wait(let seconds): return .wait(seconds)
        case .looked(let news):
            try await note(news, key == nil ? .wrongOperatorKey : .wrongAPIKey, at: address)
        }
        if isOperator { return .admitted(try await admit(.operator, at: address)) }
        guard let holder else { return .refused }
        guard !holder.isDisabled else { return .disabled }
        return .admitted(try await admit(.tenant(holder.tenant, keyID: holder.keyID), at: address))
    }

    /// - Parameter tenant: whom the link was made for; nil: it was used up, has ended, or never was.
    func signIn(byLinkOf tenant: TenantID?, _ token: String, address: String) async throws -> SignIn {
        guard let tenant else {
            let account = "link:\(SHA256.hash(token).hex.prefix(16))"
            switch try await limits.admit(right: false, address: address, account: account) {
            case .wait(let seconds): return .wait(seconds)
            case .looked(let news):
                try await note(news, .deadLink, at: address)
                return .refused
            }
        }
        // No right link is refused for the wrong ones of a neighbour: it is used up by now.
        let epoch = try await database.withConnection(timeout: nil) { session in
            try session.execute(Self.linkEpoch, [.int8(tenant.value)]).first
                .map { row throws(PostgresError) in try row.int64(0) }
        }
        guard let epoch else { return .refused }
        return .admitted(try await admit(.link(tenant, epoch: epoch), at: address))
    }

    private func admit(_ holder: SessionStore.Holder, at address: String) async throws -> SessionStore.Holder {
        let (actor, tenant) = Self.actor(holder, at: address)
        try await database.withTransaction { session in
            try AuditLog.write("sign_in", tenant, by: actor, in: session)
        }
        return holder
    }

    private func note(_ news: SignInLimits.News?, _ refusal: SignInRefusal, at address: String) async throws {
        guard let news else { return }
        try await database.withTransaction { session in
            try refusal.write(news, at: address, in: session)
        }
    }

    // MARK: - With a session

    /// Somebody who is signed in.
    struct Session: Sendable {
        let caller: Caller
        /// Empty for an operator.
        let tenantName: String
        /// What proves that a request that changes something came from our own pages.
        let csrf: String
    }

    /// Who is signed in; nil: nobody, or somebody whose key or tenant has gone.
    func session(_ call: Call) async throws -> Session? {
        guard let token = cookies.read(cookies.session, call), let holder = try await sessions.load(token),
            let (caller, tenantName) = try await caller(of: holder, call)
        else { return nil }
        return Session(caller: caller, tenantName: tenantName, csrf: SessionStore.csrf(of: token))
    }

    private func caller(
        of holder: SessionStore.Holder, _ call: Call
    ) async throws -> (caller: Caller, tenantName: String)? {
        switch holder {
        case .operator:
            return operatorKey == nil ? nil : (caller(of: holder, at: call.client), "")
        case .tenant(let tenant, let keyID):
            return try await name(of: tenant, keyID: keyID, linkEpoch: nil).map {
                (caller(of: holder, at: call.client), $0)
            }
        case .link(let tenant, let epoch):
            return try await name(of: tenant, keyID: nil, linkEpoch: epoch).map {
                (caller(of: holder, at: call.client), $0)
            }
        }
    }

    private func name(of tenant: TenantID, keyID: Int64?, linkEpoch: Int64?) async throws -> String? {
        try await database.withConnection(timeout: nil) { session in
            try session.execute(Self.tenantName, [.int8(tenant.value), .int8(keyID), .int8(linkEpoch)]).first
                .map { row throws(PostgresError) in try row.string(0) }
        }
    }

    private func caller(of holder: SessionStore.Holder, at address: String) -> Caller {
        let (actor, tenant) = Self.actor(holder, at: address)
        guard let tenant else {
            return .operator(OperatorCaller(actor: actor, database: database, connect: connect))
        }
        let keyID: Int64? = if case .tenant(_, let keyID) = holder { keyID } else { nil }
        return .tenant(
            TenantCaller(
                actor: actor, database: ScopedDatabase(shares.database(database, of: tenant), to: tenant),
                keyID: keyID))
    }

    private static func actor(_ holder: SessionStore.Holder, at address: String) -> (AuditActor, TenantID?) {
        switch holder {
        case .operator: (AuditActor(name: "operator", origin: address), nil)
        case .link(let tenant, _): (AuditActor(name: "sign-in link", origin: address), tenant)
        case .tenant(let tenant, let keyID): (AuditActor(name: "api_key:\(keyID)", origin: address), tenant)
        }
    }

    // MARK: - Keys

    private func holder(of key: APIKey) async throws -> APIKeyStore.Holder? {
        try await database.withConnection(timeout: nil) { session in try APIKeyStore.holder(of: key, in: session) }
    }

    /// In constant time: digests are compared.
    private func isOperatorKey(_ presented: String) -> Bool {
        guard let operatorKey else { return false }
        return SHA256.hash(presented) == SHA256.hash(operatorKey.reveal())
    }
}
