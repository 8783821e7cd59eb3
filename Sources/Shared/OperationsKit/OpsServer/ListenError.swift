internal import Glibc
internal import NIOCore

/// A listener that could not be opened, told in one line: `cannot listen on 127.0.0.1:9101: …`.
public struct ListenError: Error, CustomStringConvertible {
    public let host: String
    public let port: Int
    /// What the system said, in plain words.
    public let reason: String

    public init(host: String, port: Int, cause: any Error) {
        self.host = host
        self.port = port
        reason = Self.reason(for: cause)
    }

    public var description: String {
        // An IPv6 address needs its brackets to be told apart from the port.
        let shownHost = host.contains(":") ? "[\(host)]" : host
        return "cannot listen on \(shownHost):\(port): \(reason)".onOneLine
    }

    private static func reason(for cause: any Error) -> String {
        guard let error = cause as? IOError else {
            return cause is SocketAddressError || cause is SocketAddressError.UnknownHost
                ? "the host is unknown; give an address or a name that resolves" : String(describing: cause)
        }
        switch error.errnoCode {
        case EADDRINUSE: return "another process listens there already; stop it or choose another port"
        case EADDRNOTAVAIL: return "this machine has no such address"
        case EACCES, EPERM: return "not permitted; ports below 1024 need a privilege"
        case let code: return String(cString: strerror(code))
        }
    }
}
