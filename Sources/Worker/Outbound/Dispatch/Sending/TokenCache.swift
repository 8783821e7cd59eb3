internal import Synchronization
internal import Tenants

/// Opened access tokens, so that one is unsealed once for each version of a tenant's settings.
final class TokenCache: Sendable {
    private struct Entry {
        let version: Int64
        let number: String
        let sealed: [UInt8]
        let token: String
    }

    private static let limit = 10_000

    private let sealer: TokenSealer
    private let entries = Mutex<[Int64: Entry]>([:])

    init(sealer: TokenSealer) {
        self.sealer = sealer
    }

    /// - Throws: what ``TokenSealer`` throws where the token does not open.
    func token(of config: NumberConfig, tenant: Int64) throws -> String {
        let known = entries.withLock { $0[tenant] }
        if let known, known.version == config.version, known.number == config.number, known.sealed == config.sealedToken
        {
            return known.token
        }
        guard let number = PhoneNumberID(config.number) else { throw SealedValueError.damaged }
        let token = try sealer.open(config.sealedToken, tenantID: TenantID(tenant), phoneNumberID: number).reveal()
        entries.withLock { entries in
            if entries.count >= Self.limit { entries.removeAll() }
            entries[tenant] = Entry(
                version: config.version, number: config.number, sealed: config.sealedToken, token: token)
        }
        return token
    }
}
