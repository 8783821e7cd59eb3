internal import RedisClient

/// The Lua scripts that make each change of a job's state one atomic step. Each file says what it takes and returns.
enum JobScripts {
    static let claim = script(PackageResources.claim_lua)
    static let adopt = script(PackageResources.adopt_lua)
    static let settle = script(PackageResources.settle_lua)
    static let heartbeat = script(PackageResources.heartbeat_lua)
    static let leave = script(PackageResources.leave_lua)
    static let depart = script(PackageResources.depart_lua)
    static let recover = script(PackageResources.recover_lua)
    static let promote = script(PackageResources.promote_lua)
    static let stats = script(PackageResources.stats_lua)

    private static func script(_ source: [UInt8]) -> RedisScript {
        RedisScript(source: String(decoding: source, as: UTF8.self))
    }
}
