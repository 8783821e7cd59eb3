extension Settings {
    /// What `REDIS_URL` should look like.
    public static let redisURLForm = "redis:// or rediss://, as redis://user:password@host:6379/0"

    /// `REDIS_URL`, or what the file named by `REDIS_URL_FILE` holds: it may hold a password. One rule for every process,
    /// because processes that read it differently would meet at different servers.
    public func redisURL() throws(SettingError) -> Secret {
        if let url = try secret("REDIS_URL") { return url }
        // Only an absent variable means the default: an empty one is a deployment's mistake.
        return Secret(try text("REDIS_URL", default: "redis://127.0.0.1:6379/0"))
    }

    /// `QUEUE_PREFIX`: the first part of every Redis key; 1 to 64 letters, digits, `_`, `-`, `.` or `:`.
    public func queuePrefix() throws(SettingError) -> String {
        let prefix = try text("QUEUE_PREFIX", default: "wa")
        let isPlain = prefix.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: ":"):
                true
            case _: false
            }
        }
        guard isPlain, prefix.utf8.count <= 64 else {
            throw SettingError(
                variable: "QUEUE_PREFIX", problem: isPlain ? "is longer than 64 characters" : "holds other characters",
                expected: "1 to 64 letters, digits, '_', '-', '.' or ':'")
        }
        return prefix
    }
}
