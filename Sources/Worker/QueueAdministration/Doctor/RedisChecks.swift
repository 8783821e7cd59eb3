/// What must be true of Redis so that a webhook that was answered 200 is kept. Pure.
enum RedisChecks {
    /// The system needs `BLMOVE` and `LMOVE`.
    private static let leastVersion = (6, 2)

    static func all(_ facts: RedisFacts, clockOffset: Int64, roundTrip: Int64) -> [Finding] {
        [
            version(facts), role(facts), eviction(facts), appendOnly(facts), fsync(facts), persistence(facts),
            memory(facts), connections(facts), clock(offset: clockOffset, roundTrip: roundTrip),
        ]
    }

    static func version(_ facts: RedisFacts) -> Finding {
        let check = "redis-version"
        guard let version = facts.version else {
            return .warn(check, "the version is not told", "make sure that it is 6.2 or newer")
        }
        let parts = version.split(separator: ".").map { Int($0) ?? 0 } + [0, 0]
        guard (parts[0], parts[1]) >= leastVersion else {
            return .fail(check, "Redis \(version) lacks BLMOVE", "upgrade to 6.2 or newer")
        }
        return .ok(check, "Redis \(version)")
    }

    static func role(_ facts: RedisFacts) -> Finding {
        guard let role = facts.role, role != "master" else { return .ok("redis-role", "a primary, takes writes") }
        return .fail("redis-role", "this is a replica and refuses writes", "point REDIS_URL at the primary")
    }

    static func eviction(_ facts: RedisFacts) -> Finding {
        let check = "redis-eviction"
        guard let policy = facts.evictionPolicy else {
            return .warn(check, "maxmemory-policy is not told", "make sure that it is noeviction")
        }
        guard policy == "noeviction" else {
            return .fail(
                check, "maxmemory-policy is \(policy): Redis throws queues away when its memory is full",
                "CONFIG SET maxmemory-policy noeviction, and the same in redis.conf")
        }
        return .ok(check, "maxmemory-policy is noeviction")
    }

    static func appendOnly(_ facts: RedisFacts) -> Finding {
        let check = "redis-append-only"
        guard let enabled = facts.hasAppendOnlyFile else {
            return .warn(check, "whether there is an append-only file is not told", "make sure of appendonly yes")
        }
        guard enabled else {
            return .fail(
                check, "there is no append-only file: a restart of Redis loses accepted webhooks",
                "CONFIG SET appendonly yes, and the same in redis.conf")
        }
        return .ok(check, "the append-only file is on")
    }

    static func fsync(_ facts: RedisFacts) -> Finding {
        let check = "redis-fsync"
        guard facts.hasAppendOnlyFile != false else {
            return .warn(check, "nothing is synced without an append-only file", "see redis-append-only")
        }
        switch facts.appendFsync {
        case "always": return .ok(check, "appendfsync is always: nothing accepted is lost at a power loss")
        case "everysec":
            return .warn(
                check, "appendfsync is everysec: a power loss may cost a second or two of accepted webhooks",
                "if that is too much: CONFIG SET appendfsync always, and the same in redis.conf")
        case "no":
            return .fail(
                check, "appendfsync is no: a power loss may cost half a minute of accepted webhooks",
                "CONFIG SET appendfsync always, and the same in redis.conf")
        case let other?: return .warn(check, "appendfsync is \(other)", "set it to always")
        case nil:
            return .warn(
                check, "CONFIG is forbidden here, so appendfsync cannot be seen",
                "ask whoever runs this Redis; it should be always, or everysec")
        }
    }

    static func persistence(_ facts: RedisFacts) -> Finding {
        let failed = facts.failedWrites
        guard failed.isEmpty else {
            return .fail(
                "redis-persistence", "the last write to disk failed (\(failed.joined(separator: ", ")))",
                "look for a full disk and in the log of Redis; it refuses writes until this is mended")
        }
        return .ok("redis-persistence", "the last writes to disk went well")
    }

    static func memory(_ facts: RedisFacts) -> Finding {
        let check = "redis-memory"
        guard let used = facts.usedMemory else {
            return .warn(check, "the use of memory is not told", "watch it where this Redis is run")
        }
        let isLimited = (facts.memoryLimit ?? 0) > 0
        guard let limit = isLimited ? facts.memoryLimit : facts.systemMemory, limit > 0 else {
            return .warn(check, "\(megabytes(used)) used, no limit is told", "set maxmemory")
        }
        let share = Int(Double(used) / Double(limit) * 100)
        let whole = isLimited ? "of maxmemory" : "of the machine's memory"
        let text = "\(share) % \(whole) used (\(megabytes(used)) of \(megabytes(limit)))"
        let advice = "see with `worker queue stats` what grows; archive dead letters, add workers, or raise maxmemory"
        if share >= 90 { return .fail(check, text, advice) }
        if share >= 75 { return .warn(check, text, advice) }
        if !isLimited {
            return .warn(
                check, text + ", and no maxmemory is set",
                "set maxmemory below the machine's memory: a full Redis then answers 503 instead of being killed")
        }
        return .ok(check, text)
    }

    static func connections(_ facts: RedisFacts) -> Finding {
        let check = "redis-connections"
        guard let clients = facts.clients else {
            return .warn(check, "the number of connections is not told", "watch it where this Redis is run")
        }
        guard let limit = facts.clientLimit, limit > 0 else {
            return .ok(check, "\(clients) connections, the limit is not told")
        }
        let text = "\(clients) of \(limit) connections in use"
        let advice = "raise maxclients, and look with CLIENT LIST for who holds so many"
        if clients * 100 >= limit * 95 { return .fail(check, text, advice) }
        if clients * 100 >= limit * 80 { return .warn(check, text, advice) }
        return .ok(check, text)
    }

    /// - Parameters:
    ///   - offset: our clock less Redis' clock, in milliseconds.
    ///   - roundTrip: of the question, in milliseconds: the offset is uncertain by that much.
    static func clock(offset: Int64, roundTrip: Int64) -> Finding {
        let check = "redis-clock"
        let sure = max(0, abs(offset) - roundTrip)
        let text = "this machine's clock is \(abs(offset)) ms \(offset < 0 ? "behind" : "ahead of") Redis'"
        let advice = "run a time service (chrony, systemd-timesyncd) on both machines"
        if sure > 30_000 { return .fail(check, text, advice) }
        if sure > 1_000 { return .warn(check, text, advice) }
        return .ok(check, text)
    }

    private static func megabytes(_ bytes: Int64) -> String { "\(bytes / 1_048_576) MB" }
}
