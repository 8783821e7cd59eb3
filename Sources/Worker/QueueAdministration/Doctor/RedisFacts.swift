internal import RedisClient

/// What Redis tells about itself: `INFO`, and `CONFIG GET` where that is allowed.
struct RedisFacts: Sendable, Equatable {
    private var info: [String: String]
    /// Nil where CONFIG is forbidden or unknown, as with most hosted Redis.
    private var configuration: [String: String]?

    init(info: String, configuration: [String: String]?) {
        var facts: [String: String] = [:]
        for line in info.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            facts[String(line[..<colon])] = String(line[line.index(after: colon)...])
        }
        self.info = facts
        self.configuration = configuration
    }

    /// What `INFO` tells, without asking for the configuration.
    static func info(_ redis: any RedisCommandSender) async throws(RedisError) -> RedisFacts {
        RedisFacts(info: try await redis.send(RedisCommand("INFO")).text ?? "", configuration: nil)
    }

    static func read(_ redis: any RedisCommandSender) async throws -> RedisFacts {
        let info = try await redis.send(RedisCommand("INFO")).text ?? ""
        var configuration: [String: String]? = [:]
        for name in ["maxmemory-policy", "appendfsync", "appendonly", "maxclients"] {
            do throws(RedisError) {
                let pair = try await redis.send(RedisCommand("CONFIG", "GET", .text(name))).elements ?? []
                if pair.count == 2 { configuration?[name] = pair[1].text }
            } catch {
                // Any refusal counts, a rule of access as well as a renamed command; without a connection nothing can.
                guard case .server = error.code else { throw error }
                configuration = nil
                break
            }
        }
        return RedisFacts(info: info, configuration: configuration)
    }

    var isConfigurationVisible: Bool { configuration != nil }
    var version: String? { info["redis_version"] }
    var role: String? { info["role"] }
    var evictionPolicy: String? { configuration?["maxmemory-policy"] ?? info["maxmemory_policy"] }
    var appendFsync: String? { configuration?["appendfsync"] }
    var hasAppendOnlyFile: Bool? {
        if let setting = configuration?["appendonly"] { return setting == "yes" }
        return info["aof_enabled"].map { $0 == "1" }
    }
    /// Names of persistence steps whose last run failed.
    var failedWrites: [String] {
        ["aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"].filter { name in
            info[name].map { $0 != "ok" } ?? false
        }
    }
    var usedMemory: Int64? { number("used_memory") }
    /// 0 where there is no limit.
    var memoryLimit: Int64? { number("maxmemory") }
    var systemMemory: Int64? { number("total_system_memory") }
    var clients: Int64? { number("connected_clients") }
    var clientLimit: Int64? { configuration?["maxclients"].flatMap { Int64($0) } ?? number("maxclients") }

    /// Whether the last step of each kind that writes to disk went well; a kind that is not told is missing.
    var writes: [(kind: String, isWell: Bool)] {
        let fields = [
            ("append_only", "aof_last_write_status"), ("append_only_rewrite", "aof_last_bgrewrite_status"),
            ("snapshot", "rdb_last_bgsave_status"),
        ]
        return fields.compactMap { kind, field in info[field].map { (kind, $0 == "ok") } }
    }
    var isRewriting: Bool? { info["aof_rewrite_in_progress"].map { $0 == "1" } }
    /// Keys that were thrown away because the memory was full: jobs, in our case.
    var evictedKeys: Int64? { number("evicted_keys") }

    private func number(_ name: String) -> Int64? { info[name].flatMap { Int64($0) } }
}
