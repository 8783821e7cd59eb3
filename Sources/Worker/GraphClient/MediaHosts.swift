public import OperationsKit

/// Where files may be fetched with an access token: the Graph API's own host, and Meta's for media.
///
/// Source: Meta's page "Media" shows `lookaside.fbsbx.com`; a token that is sent anywhere else is given away.
public struct MediaHosts: Sendable, Equatable {
    public static let standard = ["lookaside.fbsbx.com"]

    /// Scheme, host and port, such as `https://lookaside.fbsbx.com:443`.
    private let origins: Set<String>

    /// - Parameters:
    ///   - graph: the Graph API's base URL.
    ///   - hosts: more hosts, each reached by https on port 443.
    public init(graph: GraphConfiguration, hosts: [String] = standard) {
        origins = Set(
            hosts.map { "https://\($0.lowercased()):443" } + [Self.origin(of: graph.baseURL)].compactMap { $0 })
    }

    /// `GRAPH_MEDIA_HOSTS`
    public init(_ settings: Settings, graph: GraphConfiguration) throws(SettingError) {
        let text = try settings.text("GRAPH_MEDIA_HOSTS", default: Self.standard.joined(separator: ","))
        let hosts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard hosts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isHostByte) }) else {
            throw SettingError(
                variable: "GRAPH_MEDIA_HOSTS", problem: "is no list of host names",
                expected: "names of hosts, separated by commas, as \(Self.standard.joined(separator: ","))")
        }
        self.init(graph: graph, hosts: hosts)
    }

    /// Whether a file may be fetched from there.
    func allow(_ url: String) -> Bool { Self.origin(of: url).map(origins.contains) ?? false }

    /// The host that a URL names, for people to read; nil where there is none that could be read safely.
    static func host(of url: String) -> String? {
        guard let origin = origin(of: url), let scheme = origin.firstRange(of: "://"),
            let colon = origin.lastIndex(of: ":")
        else { return nil }
        return String(origin[scheme.upperBound..<colon])
    }

    /// Nil for whatever two readers of URLs could read differently: user info, odd characters, an odd port.
    static func origin(of url: String) -> String? {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }),
            let separator = url.firstRange(of: "://")
        else { return nil }
        let scheme = url[..<separator.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { return nil }
        let authority = url[separator.upperBound...].prefix { !"/?#".contains($0) }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let host = parts.first, !host.isEmpty, host.utf8.allSatisfy(isHostByte)
        else { return nil }
        var port = scheme == "https" ? 443 : 80
        if parts.count == 2 {
            guard let written = Int(parts[1]), (1...65_535).contains(written), String(written) == parts[1] else {
                return nil
            }
            port = written
        }
        return "\(scheme)://\(host.lowercased()):\(port)"
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        case _: false
        }
    }
}
