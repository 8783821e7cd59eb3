/// A Lua script and the SHA-1 by which Redis knows it, computed once.
public struct RedisScript: Sendable {
    public let source: String
    public let sha1: String

    public init(source: String) {
        self.source = source
        sha1 = SHA1.hexDigest(of: source.utf8)
    }

    /// Runs the script if the server has seen it; otherwise the answer is `NOSCRIPT` and nothing was done.
    public func evalSHA(keys: [String], arguments: [RedisArgument]) -> RedisCommand {
        command("EVALSHA", script: sha1, keys: keys, arguments: arguments)
    }

    /// Sends the script itself and runs it; from then on the server knows it until it restarts.
    public func eval(keys: [String], arguments: [RedisArgument]) -> RedisCommand {
        command("EVAL", script: source, keys: keys, arguments: arguments)
    }

    private func command(
        _ name: String, script: String, keys: [String], arguments: [RedisArgument]
    ) -> RedisCommand {
        RedisCommand(name, arguments: [.text(script), .integer(keys.count)] + keys.map { .text($0) } + arguments)
    }
}
