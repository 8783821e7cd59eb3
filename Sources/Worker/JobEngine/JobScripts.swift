internal import RedisClient

/// The Lua scripts that make each change of a job's state one atomic step. Each file says what it takes and returns.
enum JobScripts {
    static let claim = script(PackageResources.claim_lua)
    static let adopt = script(PackageResources.adopt_lua)
    static let settle = script(PackageResources.settle_lua)
    /// Settle and claim in one step.
    static let relay = RedisScript(
        source: function("settle", PackageResources.settle_lua) + function("claim", PackageResources.claim_lua)
            + text(PackageResources.relay_lua))
    static let heartbeat = script(PackageResources.heartbeat_lua)
    static let leave = script(PackageResources.leave_lua)
    static let depart = script(PackageResources.depart_lua)
    static let recover = script(PackageResources.recover_lua)
    static let promote = script(PackageResources.promote_lua)
    static let stats = script(PackageResources.stats_lua)

    private static func script(_ source: [UInt8]) -> RedisScript { RedisScript(source: text(source)) }

    private static func text(_ source: [UInt8]) -> String { String(decoding: source, as: UTF8.self) }

    /// A whole script as a function of its keys and arguments.
    private static func function(_ name: String, _ source: [UInt8]) -> String {
        "local function \(name)(KEYS, ARGV)\n\(text(source))\nend\n"
    }
}
