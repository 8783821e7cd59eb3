public import OperationsKit
internal import Tenants

/// What the console reads from the environment.
public struct ConsoleConfiguration: Sendable {
    /// In characters.
    private static let shortestOperatorKey = 20

    public var host: String
    /// Nil: no console.
    public var port: Int?
    /// Whether somebody chose the port: then it has to be free. Of several Workers on one host the first one serves the
    /// console at the default port.
    public var portIsChosen = true
    /// Under which address browsers know the console; nil: any host is answered.
    public var publicURL: PublicURL?
    public var trustedProxies: TrustedProxies
    /// Who may embed the pages, as `frame-ancestors` of the Content-Security-Policy takes it.
    public var frameAncestors: [String]
    /// Nil: no operator can sign in.
    public var operatorKey: Secret?
    public var connectionLimits = ConnectionLimits()
    /// Shown on the settings page for pasting into Meta's app.
    public var webhookURL: String?

    public init(
        host: String = "127.0.0.1", port: Int? = 8_081, publicURL: PublicURL? = nil,
        trustedProxies: TrustedProxies = TrustedProxies(), frameAncestors: [String] = [], operatorKey: Secret? = nil,
        webhookURL: String? = nil
    ) {
        self.host = host
        self.port = port
        self.publicURL = publicURL
        self.trustedProxies = trustedProxies
        self.frameAncestors = frameAncestors
        self.operatorKey = operatorKey
        self.webhookURL = webhookURL
    }

    public init(_ settings: Settings) throws(SettingError) {
        host = try settings.text("CONSOLE_HOST", default: "127.0.0.1")
        port = try settings.port("CONSOLE_PORT", default: 8_081)
        portIsChosen = try settings.optionalText("CONSOLE_PORT") != nil
        if let text = try settings.optionalText("CONSOLE_PUBLIC_URL") {
            guard let url = PublicURL(text) else {
                throw SettingError(
                    variable: "CONSOLE_PUBLIC_URL", problem: "is no address of a site", expected: PublicURL.expectation)
            }
            publicURL = url
        }
        trustedProxies = TrustedProxies()
        if let text = try settings.optionalText("TRUSTED_PROXIES") {
            guard let proxies = TrustedProxies(text) else {
                throw SettingError(
                    variable: "TRUSTED_PROXIES", problem: "is no list of addresses",
                    expected: TrustedProxies.expectation)
            }
            trustedProxies = proxies
        }
        frameAncestors = try Self.ancestors(settings)
        operatorKey = try Self.operatorKey(settings)
        webhookURL = try settings.optionalText("PUBLIC_WEBHOOK_URL")
    }

    /// What is set but does not do what it is set for.
    var warnings: [String] {
        guard let publicURL else { return [] }
        let elsewhere = frameAncestors.filter { source in
            PublicURL(source.replacing("://*.", with: "://")).map { !publicURL.mayShareSite(with: $0) } ?? false
        }
        guard !elsewhere.isEmpty else { return [] }
        return [
            "CONSOLE_FRAME_ANCESTORS names another site than CONSOLE_PUBLIC_URL (\(elsewhere.joined(separator: ", "))): "
                + "browsers keep no cookies of the console in its frames, so nobody can sign in there; "
                + "both have to be of one registrable domain"
        ]
    }

    /// A key that can be guessed, or that is taken for a tenant's, is refused: the right one is never locked out, however
    /// many guess.
    private static func operatorKey(_ settings: Settings) throws(SettingError) -> Secret? {
        guard let key = try settings.secret("CONSOLE_OPERATOR_KEY") else { return nil }
        let text = key.reveal()
        let problem: String? =
            text.count < shortestOperatorKey
            ? "is shorter than \(shortestOperatorKey) characters"
            : text.hasPrefix(APIKey.prefix) ? "looks like a tenant's API key" : nil
        guard let problem else { return key }
        throw SettingError(
            variable: "CONSOLE_OPERATOR_KEY", problem: problem,
            expected: "\(shortestOperatorKey) characters or more by chance, as \"openssl rand -hex 32\" prints them")
    }

    /// Sources for `frame-ancestors`, separated by spaces or commas. What could end the directive is refused.
    private static func ancestors(_ settings: Settings) throws(SettingError) -> [String] {
        guard let text = try settings.optionalText("CONSOLE_FRAME_ANCESTORS") else { return [] }
        let sources = text.split { $0 == " " || $0 == "," }.map(String.init)
        let isClean = sources.allSatisfy { source in
            source == "'self'" || PublicURL(source.replacing("://*.", with: "://")) != nil
        }
        guard isClean else {
            throw SettingError(
                variable: "CONSOLE_FRAME_ANCESTORS", problem: "holds what is no site",
                expected: "sites such as https://app.example.com, separated by spaces")
        }
        return sources
    }
}
