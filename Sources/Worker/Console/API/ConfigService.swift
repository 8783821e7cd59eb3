internal import GraphClient
internal import OutboundLanes
internal import Postgres
internal import SendPolicy
internal import Tenants

/// Changes a tenant's settings. A number is the tenant's only after the Graph API confirmed that the token reads it, and a
/// WABA only after it confirmed that this number is one of its own: what comes for the account, and its limits, are shared
/// by those who name it.
struct ConfigService: Sendable {
    /// What became of a change.
    struct Saved: Sendable {
        let config: TenantConfig
        /// Sends that wait for their number's turn.
        let waiting: Int64
    }

    /// What Meta says about the number that is set up now.
    struct Check: Sendable {
        let number: String
        let result: GraphLookupResult
        /// Who gets the account's webhooks; nil: it was not asked, as the number has no WABA ID or the token does not work.
        let subscription: GraphSubscriptionResult?
    }

    private struct Known: Sendable {
        let version: Int64
        let number: String?
        let account: String?
        let token: AccessToken?
    }

    private static let countWaiting: PostgresStatement = """
        select count(*) from whatsapp_messages
        where tenant_id = $1 and phone_number_id = $2 and status = 'queued'
        """
    /// Others may save in between: then what Meta confirmed is not what would be saved.
    private static let attempts = 3

    let services: ConsoleServices

    func load(_ caller: TenantCaller) async throws -> TenantConfig? {
        try await caller.database.withTransaction { session in try ConfigStore.load(caller.tenant, in: session) }
    }

    /// Throws ``ConfigRefusal``, `ConfigError`, `PostgresError`, or what sealing throws.
    func save(
        _ change: ConfigChange, by caller: TenantCaller, expectedVersion: Int64?
    ) async throws -> Saved {
        for attempt in 1... {
            do {
                return try await saveOnce(change, caller, expectedVersion)
            } catch ConfigError.versionConflict where expectedVersion == nil && attempt < Self.attempts {
                continue
            }
        }
        throw ConfigError.unknownTenant
    }

    private func saveOnce(
        _ change: ConfigChange, _ caller: TenantCaller, _ expectedVersion: Int64?
    ) async throws -> Saved {
        let (tenant, actor, sealer) = (caller.tenant, caller.actor, services.sealer)
        let needsToken = if case .set = change.accessToken { false } else { true }
        let known = try await caller.database.withTransaction { session in
            let config = try ConfigStore.load(tenant, in: session)
            var token: AccessToken?
            // A token that no longer opens is no obstacle to giving a new one.
            if needsToken { token = try? ConfigStore.accessToken(of: tenant, sealer: sealer, in: session)?.token }
            return Known(
                version: config?.version ?? 0, number: config?.phoneNumberID, account: config?.wabaID, token: token)
        }
        if let expectedVersion, expectedVersion != known.version {
            throw ConfigError.versionConflict(current: known.version)
        }
        var change = change
        let isRenewed = try await confirm(&change, known)
        let final = change
        let config = try await caller.database.withTransaction { session in
            try ConfigStore.save(
                final, of: tenant, expectedVersion: known.version, sealer: sealer, by: actor, in: session)
        }
        if isRenewed { _ = try? await services.lanes.resume(number: config.phoneNumberID) }
        try? await services.lanes.set(
            LaneSetting(
                number: config.phoneNumberID, perSecond: Int(config.throttlePerSecond), waba: config.wabaID))
        return Saved(config: config, waiting: try await waiting(config.phoneNumberID, caller))
    }

    func remove(by caller: TenantCaller, expectedVersion: Int64?) async throws -> Bool {
        let (tenant, actor) = (caller.tenant, caller.actor)
        return try await caller.database.withTransaction { session in
            let removed = try ConfigStore.remove(tenant, expectedVersion: expectedVersion, by: actor, in: session)
            if removed == nil, let config = try ConfigStore.load(tenant, in: session) {
                throw ConfigError.versionConflict(current: config.version)
            }
            return removed != nil
        }
    }

    /// Asks Meta about what is set up; nil where nothing is.
    func test(_ caller: TenantCaller) async throws -> Check? {
        let (tenant, sealer) = (caller.tenant, services.sealer)
        let (known, account) = try await caller.database.withTransaction { session in
            (
                try ConfigStore.accessToken(of: tenant, sealer: sealer, in: session),
                try ConfigStore.load(tenant, in: session)?.wabaID
            )
        }
        guard let known else { return nil }
        let result = await services.graph.lookUp(phoneNumberID: known.number.text, token: known.token.reveal())
        var subscription: GraphSubscriptionResult?
        if case .found = result, let account {
            subscription = await services.graph.subscribedApps(wabaID: account, token: known.token.reveal())
        }
        return Check(number: known.number.text, result: result, subscription: subscription)
    }

    func waiting(_ number: String, _ caller: TenantCaller) async throws -> Int64 {
        let tenant = caller.tenant
        return try await caller.database.withTransaction { session in
            try session.execute(Self.countWaiting, [.int8(tenant.value), .text(number)]).only().int64(0)
        }
    }

    /// Has Meta confirm a new number or token, and a new account.
    /// - Returns: whether number or token is new.
    private func confirm(_ change: inout ConfigChange, _ known: Known) async throws -> Bool {
        var number = known.number
        if case .set(let new) = change.phoneNumberID {
            if new == known.number { change.phoneNumberID = .keep } else { number = new }
        }
        var token = known.token
        var isNew = number != known.number
        if case .set(let new) = change.accessToken {
            token = AccessToken(new)
            isNew = true
        }
        try ConfigRules.check(change)
        var account = known.account
        if case .set(let new) = change.wabaID { account = new }
        let isNewAccount = account != nil && (account != known.account || number != known.number)
        guard isNew || isNewAccount, let number else { return false }
        guard let token else {
            if known.number == nil { throw ConfigError.missing(field: "access_token") }
            throw ConfigError.tokenUnreadable
        }
        if isNew { change.displayPhoneNumber = .set(try await displayNumber(of: number, token)) }
        if isNewAccount, let account { try await confirm(account, has: number, token) }
        return isNew
    }

    private func displayNumber(of number: String, _ token: AccessToken) async throws -> String? {
        switch await services.graph.lookUp(phoneNumberID: number, token: token.reveal()) {
        case .found(let found):
            guard found.id == number else { throw ConfigRefusal.otherNumber }
            return found.displayPhoneNumber
        case .refused(let refusal): throw ConfigRefusal.refused(refusal)
        case .unreachable(let reason): throw ConfigRefusal.unreachable(reason: reason)
        }
    }

    private func confirm(_ account: String, has number: String, _ token: AccessToken) async throws {
        switch await services.graph.holds(wabaID: account, phoneNumberID: number, token: token.reveal()) {
        case .holds: return
        case .doesNotHold: throw ConfigRefusal.otherAccount
        case .refused(let refusal): throw ConfigRefusal.accountRefused(refusal)
        case .unreachable(let reason): throw ConfigRefusal.unreachable(reason: reason)
        }
    }
}

/// Why a number or a token is not saved: Meta did not confirm it.
enum ConfigRefusal: Error, Sendable, Equatable {
    case refused(GraphRefusal)
    case unreachable(reason: String)
    /// The token reads another number than the one that was asked for.
    case otherNumber
    /// The account's list of numbers cannot be read with this token.
    case accountRefused(GraphRefusal)
    /// The account has other numbers.
    case otherAccount

    /// The field of the settings that is to be looked at.
    var field: String {
        switch self {
        case .refused(let refusal): refusal.code == 100 || refusal.code == 33 ? "phone_number_id" : "access_token"
        case .unreachable, .otherNumber: "phone_number_id"
        case .accountRefused, .otherAccount: "waba_id"
        }
    }

    /// What happened and what to do, in the tenant's words.
    var words: String {
        switch self {
        case .refused(let refusal):
            "Meta does not let this token read this phone number ID: \(refusal.rule.title). \(refusal.rule.advice)"
        case .unreachable: "Meta cannot be asked just now, so nothing was saved. Try again in a moment."
        case .otherNumber: "Meta answered for another phone number ID than the one that was given."
        case .accountRefused(let refusal):
            "Meta does not let this token read the numbers of this WABA ID: \(refusal.rule.title). "
                + "Check the WABA ID, and that the token has whatsapp_business_management."
        case .otherAccount:
            "Meta says that this WABA ID has no such phone number ID. Copy both from WhatsApp → API Setup."
        }
    }
}
