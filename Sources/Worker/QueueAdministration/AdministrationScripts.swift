internal import RedisClient

/// The Lua scripts of the operators' commands. Each file says what it takes and returns.
enum AdministrationScripts {
    static let pause = script(PackageResources.pause_lua)
    static let resume = script(PackageResources.resume_lua)
    static let requeue = script(PackageResources.requeue_lua)
    static let remove = script(PackageResources.remove_lua)
    static let replace = script(PackageResources.replace_lua)
    static let page = script(PackageResources.page_lua)
    static let lists = script(PackageResources.lists_lua)
    static let errors = script(PackageResources.errors_lua)
    static let find = script(PackageResources.find_lua)
    static let workers = script(PackageResources.workers_lua)
    static let unowned = script(PackageResources.unowned_lua)
    static let unlisted = script(PackageResources.unlisted_lua)

    private static func script(_ source: [UInt8]) -> RedisScript {
        RedisScript(source: String(decoding: source, as: UTF8.self))
    }
}
