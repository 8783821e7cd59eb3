public import OperationsKit

/// Where the Graph API is and how patient the client is with it.
public struct GraphConfiguration: Sendable {
    /// Scheme, host and port, without a slash at the end.
    public var baseURL: String
    /// Such as `v25.0`.
    public var apiVersion: String
    /// Adds `appsecret_proof` to every call: what Meta's setting "Require app secret" asks for.
    public var appSecret: Secret?
    /// The most connections at once; requests beyond it wait for one.
    public var connections: Int
    /// From the request until its whole answer is there, waiting for a connection included.
    public var deadline: Duration
    public var connectTimeout: Duration
    /// How long an unused connection is kept. At most 15 s: the longer, the likelier that the other side closes it just as
    /// a request goes out, and then nobody knows what became of that request.
    public var idleLimit: Duration

    /// - Throws: `SettingError` for an impossible base URL or version.
    public init(
        baseURL: String, apiVersion: String = "v25.0", appSecret: Secret? = nil, connections: Int = 64,
        deadline: Duration = .seconds(10), connectTimeout: Duration = .seconds(5), idleLimit: Duration = .seconds(12)
    ) throws(SettingError) {
        do {
            self.baseURL = try GraphBaseURL(baseURL).text
        } catch {
            throw SettingError(
                variable: "GRAPH_BASE_URL", problem: error.problem,
                expected: "https://host[:port] (http only for 127.0.0.1, [::1] or localhost), without a path")
        }
        guard Self.isVersion(apiVersion) else {
            throw SettingError(
                variable: "GRAPH_API_VERSION", problem: "is not a version of the Graph API",
                expected: "'v', a number, a dot and a number, as v25.0")
        }
        self.apiVersion = apiVersion
        self.appSecret = appSecret
        self.connections = max(1, connections)
        self.deadline = deadline
        self.connectTimeout = connectTimeout
        self.idleLimit = min(idleLimit, .seconds(15))
    }

    /// `GRAPH_BASE_URL`, `GRAPH_API_VERSION`, and the first secret of `WHATSAPP_APP_SECRET` if that is set.
    /// - Parameter connections: As many as sends may be under way at once.
    public init(_ settings: Settings, connections: Int = 64) throws(SettingError) {
        let name = "WHATSAPP_APP_SECRET"
        // While it is rotated there are several; the first is the one that Meta signs with from now on.
        let secrets =
            try settings.secret(name) == nil
            ? [] : try settings.requiredSecrets(name, expected: "the app secret of Meta's app")
        try self.init(
            baseURL: settings.text("GRAPH_BASE_URL", default: "https://graph.facebook.com"),
            apiVersion: settings.text("GRAPH_API_VERSION", default: "v25.0"), appSecret: secrets.first,
            connections: connections)
    }

    private static func isVersion(_ text: String) -> Bool {
        let parts = text.utf8.dropFirst().split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return text.utf8.first == UInt8(ascii: "v") && parts.count == 2
            && parts.allSatisfy { part in
                (1...3).contains(part.count)
                    && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            }
    }
}
