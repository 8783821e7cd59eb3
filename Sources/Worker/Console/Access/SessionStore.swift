internal import OpenSSLKit
internal import OperationsKit
internal import RedisClient
internal import Tenants

/// Who is signed in, in Redis: only digests of what browsers and links carry, each with its end.
struct SessionStore: Sendable {
    enum Holder: Sendable, Equatable {
        /// `keyID`: the API key that was signed in with.
        case tenant(TenantID, keyID: Int64)
        /// By a sign-in link; `epoch`: the tenant's `link_epoch` then. It ends when that grows.
        case link(TenantID, epoch: Int64)
        case `operator`
    }

    static let sessionSeconds = 12 * 3_600
    static let linkSeconds = 300

    /// `QUEUE_PREFIX`.
    let prefix: String
    let redis: any RedisCommandSender
    /// What operators have begun ends when this key is changed: their sessions, and links that nobody has used yet.
    let operatorKey: Secret?

    /// Begins a session under a new name.
    ///
    /// Throws `RedisError` or `OpenSSLError`.
    func begin(_ holder: Holder) async throws -> String {
        let token = try Self.randomToken()
        let value =
            switch holder {
            case .tenant(let tenant, let keyID): "tenant \(tenant.value) \(keyID)"
            case .link(let tenant, let epoch): "link \(tenant.value) \(epoch)"
            case .operator: "operator \(mark(of: token, "operator"))"
            }
        _ = try await redis.send(
            RedisCommand(
                "SET", .text(key("session", token)), .text(value), "EX", .integer(Self.sessionSeconds)))
        return token
    }

    func load(_ token: String) async throws(RedisError) -> Holder? {
        let value = try await redis.send(RedisCommand("GET", .text(key("session", token)))).text
        let parts = value?.split(separator: " ") ?? []
        if parts.count == 2, parts[0] == "operator" { return parts[1] == mark(of: token, "operator") ? .operator : nil }
        guard parts.count == 3, let tenant = Int64(parts[1]).map({ TenantID($0) }), let number = Int64(parts[2]) else {
            return nil
        }
        switch parts[0] {
        // Version 5 of the schema knew no epochs, and wrote 0 for a link.
        case "tenant": return number == 0 ? .link(tenant, epoch: 0) : .tenant(tenant, keyID: number)
        case "link": return .link(tenant, epoch: number)
        case _: return nil
        }
    }

    /// Binds an operator's session, or a link, to the key of today. The token is in it, which Redis never holds: nobody who
    /// reads Redis can try keys against it.
    private func mark(of token: String, _ kind: String) -> String {
        SHA256.hash("\(kind) \(token) \(operatorKey?.reveal() ?? "")").hex
    }

    func end(_ token: String) async throws(RedisError) {
        _ = try await redis.send(RedisCommand("DEL", .text(key("session", token))))
    }

    /// A token that signs in as this tenant, once and soon.
    func makeLink(for tenant: TenantID) async throws -> String {
        let token = try Self.randomToken()
        let value = "\(tenant.value) \(mark(of: token, "link"))"
        _ = try await redis.send(
            RedisCommand("SET", .text(key("link", token)), .text(value), "EX", .integer(Self.linkSeconds)))
        return token
    }

    /// Uses a link up; nil where it was used, has ended, or was made under another operator key than today's.
    func useLink(_ token: String) async throws(RedisError) -> TenantID? {
        let value = try await redis.send(RedisCommand("GETDEL", .text(key("link", token)))).text
        let parts = value?.split(separator: " ") ?? []
        guard parts.count == 2, parts[1] == mark(of: token, "link") else { return nil }
        return Int64(parts[0]).map { TenantID($0) }
    }

    /// What the forms of a session carry: known to whoever holds the cookie, and to nobody else.
    static func csrf(of token: String) -> String { SHA256.hash("csrf \(token)").hex }

    /// Whether a request brought what it had to, in constant time: digests are compared.
    static func isCSRF(_ presented: String, _ expected: String) -> Bool {
        SHA256.hash(presented) == SHA256.hash(expected)
    }

    static func randomToken() throws(OpenSSLError) -> String { Base64.encodeForURL(try randomBytes(32)) }

    private func key(_ kind: String, _ token: String) -> String {
        "\(prefix):auth:\(kind):\(SHA256.hash(token).hex)"
    }
}
