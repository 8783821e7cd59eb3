/// The address of a site: scheme, host and perhaps a port, nothing behind them.
public struct PublicURL: Sendable, Equatable {
    public static let expectation = "https://console.example.com, without a path"

    /// `https` or `http`.
    public let scheme: String
    /// As a `Host` header names it: in lower case, with the port unless it is the scheme's own.
    public let authority: String

    public init?(_ text: String) {
        guard let colon = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<colon.lowerBound].lowercased()
        var rest = text[colon.upperBound...]
        if rest.hasSuffix("/") { rest.removeLast() }
        let isName = rest.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            case _: false
            }
        }
        guard scheme == "https" || scheme == "http", !rest.isEmpty, isName else { return nil }
        self.scheme = scheme
        authority = Self.normalised(String(rest), scheme: scheme)
    }

    public var isSecure: Bool { scheme == "https" }
    /// `https://console.example.com`
    public var origin: String { "\(scheme)://\(authority)" }

    /// False where the two are of different sites for certain, as browsers see it: another scheme, or names that differ in
    /// their last two parts. Which suffixes are public (`co.uk`) is not known here.
    func mayShareSite(with other: PublicURL) -> Bool {
        func end(_ url: PublicURL) -> ArraySlice<Substring> {
            let host = url.authority.hasPrefix("[") ? url.authority[...] : url.authority.prefix { $0 != ":" }
            let isAddress = host.hasPrefix("[") || host.allSatisfy { $0.isNumber || $0 == "." }
            return isAddress ? [host] : host.split(separator: ".").suffix(2)
        }
        return scheme == other.scheme && end(self) == end(other)
    }

    /// Whether a `Host` header names this site.
    func isNamed(by host: String) -> Bool { Self.normalised(host, scheme: scheme) == authority }

    private static func normalised(_ authority: String, scheme: String) -> String {
        let own = scheme == "https" ? ":443" : ":80"
        let authority = authority.lowercased()
        return authority.hasSuffix(own) ? String(authority.dropLast(own.count)) : authority
    }
}
