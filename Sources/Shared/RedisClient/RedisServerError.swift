/// An error reply of Redis: its code, typed, and its text.
public struct RedisServerError: Error, Equatable, CustomStringConvertible {
    /// The first word of the error, which Redis documents as its code.
    public enum Kind: Sendable, Hashable {
        /// `maxmemory` is reached and nothing may be evicted.
        case oom
        /// A write reached a replica.
        case readOnly
        /// Redis is still reading its data from disk.
        case loading
        /// A password is needed and none was given.
        case noAuth
        /// User or password are wrong.
        case wrongPass
        /// `EVALSHA` named a script that this server has not seen.
        case noScript
        /// Redis refuses writes because it cannot persist them (disk full, failed snapshot).
        case misconf
        /// A replica has lost its primary and may not serve stale data.
        case masterDown
        /// A script has been running for longer than Redis' limit.
        case busy
        /// The user's access rules forbid this command, key or channel.
        case noPerm
        /// The key holds another type.
        case wrongType
        /// The command does not exist in this version, or was renamed.
        case unknownCommand
        /// Any other code, such as `ERR`.
        case other(String)
    }

    public let kind: Kind
    /// The whole text that Redis sent, code included. It may quote arguments: log ``description`` instead.
    public let message: String

    public init(message: String) {
        self.message = message
        let code = message.prefix { $0 != " " }
        kind =
            switch code {
            case "OOM": .oom
            case "READONLY": .readOnly
            case "LOADING": .loading
            case "NOAUTH": .noAuth
            case "WRONGPASS": .wrongPass
            case "NOSCRIPT": .noScript
            case "MISCONF": .misconf
            case "MASTERDOWN": .masterDown
            case "BUSY": .busy
            case "NOPERM": .noPerm
            case "WRONGTYPE": .wrongType
            case "ERR" where Self.namesUnknownCommand(message): .unknownCommand
            // Before Redis 6 a wrong password was a plain ERR; from 6 on this is AUTH without any password set.
            case "ERR" where message.hasPrefix("ERR invalid password"): .wrongPass
            case _: .other(String(code))
            }
    }

    /// Whether the failed command may have changed something before it failed.
    ///
    /// Redis checks memory, role, rights and types before a command does anything. A script is another matter: since
    /// Redis 7 an error raised half-way keeps its code and gets a suffix that names the script; before, it is an `ERR`.
    public var mayHaveExecuted: Bool {
        if message.contains(" script: ") { return true }
        switch kind {
        case .oom, .readOnly, .loading, .noAuth, .wrongPass, .noScript, .misconf, .masterDown, .busy, .noPerm,
            .wrongType, .unknownCommand:
            return false
        case .other(let code):
            return !Self.refusalCodes.contains(code)
        }
    }

    /// Safe to log: without the arguments that Redis quotes, and at most 200 characters.
    public var description: String {
        let quoted = message.firstRange(of: ", with args beginning with")?.lowerBound ?? message.endIndex
        return String(message[..<quoted].prefix(200))
    }

    /// Further codes that mean "not done": too few replicas, an aborted transaction, and the redirections of a cluster.
    private static let refusalCodes: Set<String> = [
        "NOREPLICAS", "EXECABORT", "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "CROSSSLOT",
    ]

    private static func namesUnknownCommand(_ message: String) -> Bool {
        message.hasPrefix("ERR unknown command") || message.hasPrefix("ERR unknown subcommand")
    }
}
