public import NIOCore

/// Where Redis is, who we are there, and how long we wait.
///
/// The password is in no description: only host, port, database and whether TLS is used are shown.
public struct RedisConfiguration: Sendable {
    public var host: String
    public var port: Int
    /// From `rediss://`: TLS with the server's certificate and host name checked.
    public var usesTLS: Bool
    /// A PEM file of certificate authorities to trust instead of the system's; for private authorities.
    public var trustRootsFile: String?
    public var username: String?
    public var password: String?
    public var database: Int
    /// Shown by `CLIENT LIST`; Redis allows no spaces in it. `nil` or empty: none is set.
    public var clientName: String?
    /// Bounds name resolution, TCP, TLS, AUTH and SELECT together.
    public var connectTimeout: TimeAmount = .seconds(2)
    /// For commands that are sent without a timeout of their own.
    public var commandTimeout: TimeAmount = .seconds(5)
    /// How long after a command's deadline a server may stay silent before its connection is given up.
    public var silenceGrace: TimeAmount = .seconds(1)
    /// How often ``RedisClient`` asks an idle server for a sign of life, so that a connection which died quietly (a
    /// router forgot it, a host vanished) is replaced before the next command needs it.
    public var keepAliveInterval: TimeAmount = .seconds(10)
    /// From which age on ``RedisClient`` replaces a connection whose server answers `READONLY`: after a failover, the
    /// host's name or address may lead to the new primary, while the old connection would stay with the replica.
    public var readOnlyGrace: TimeAmount = .seconds(10)

    /// Reads `redis://[[user]:password@]host[:port][/database]`, or the same with `rediss://` for TLS.
    ///
    /// User and password are percent-decoded; an IPv6 host stands in brackets; the port defaults to 6379 and the
    /// database to 0.
    public init(url: String) throws(RedisURLError) {
        let parts = try RedisURL(url)
        host = parts.host
        port = parts.port
        usesTLS = parts.usesTLS
        username = parts.username
        password = parts.password
        database = parts.database
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// For logs: `redis://host:port/database`, without user and password.
    public var description: String {
        let shownHost = host.contains(":") ? "[\(host)]" : host
        return "\(usesTLS ? "rediss" : "redis")://\(shownHost):\(port)/\(database)"
    }

    public var debugDescription: String { description }

    /// `dump` and string interpolation of a containing value go through the mirror: it must not show the password.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
