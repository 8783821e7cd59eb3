extension RedisServer {
    /// Every key of the database with all that it holds, as text.
    public func dump() async throws -> String {
        var text = ""
        for key in try await cli("keys", "*").split(separator: "\n").map(String.init) {
            let type = try await cli("type", key)
            let command: [String] =
                switch type {
                case "list": ["lrange", key, "0", "-1"]
                case "zset": ["zrange", key, "0", "-1"]
                case "set": ["smembers", key]
                case "hash": ["hgetall", key]
                case "string": ["get", key]
                // It has expired since it was listed.
                case "none": []
                case _: throw TestSupportError("a key of type \(type) cannot be dumped: \(key)")
                }
            guard !command.isEmpty else { continue }
            text += "\(key)\n\(try await cli(command))\n"
        }
        return text
    }
}
