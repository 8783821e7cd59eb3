import TestSupport

/// Where webhooks go: `http://host:port/path`.
public struct IngressAddress: Sendable, Equatable {
    public var host: String
    public var port: Int
    public var path: String

    public init(port: Int) {
        host = "127.0.0.1"
        self.port = port
        path = CustomerPlayer.path
    }

    /// - Throws: `TestSupportError` for anything but `http://host[:port][/path]`.
    public init(_ url: String) throws {
        guard url.hasPrefix("http://") else { throw TestSupportError("\(url) does not start with http://") }
        let rest = url.dropFirst("http://".count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash].split(separator: ":", omittingEmptySubsequences: false)
        let port = authority.count == 1 ? 80 : authority.count == 2 ? Int(authority[1]) : nil
        guard let port, (1...65_535).contains(port), let host = authority.first, !host.isEmpty else {
            throw TestSupportError("\(url) has no host and port")
        }
        self.host = String(host)
        self.port = port
        path = slash == rest.endIndex || rest[slash...] == "/" ? CustomerPlayer.path : String(rest[slash...])
    }
}
