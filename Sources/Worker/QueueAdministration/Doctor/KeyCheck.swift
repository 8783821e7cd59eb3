internal import JobQueue
internal import OutboundLanes
internal import RedisClient

/// Looks at the names of the keys under the prefix: with SCAN, as operators' questions alone may, bounded in steps.
struct KeyCheck {
    /// Keys looked at in one step, and most steps.
    private static let step: Int64 = 1_000
    private static let mostSteps = 2_000
    private static let mostNamed = 5

    let prefix: String
    let redis: any RedisCommandSender

    func findings() async throws -> [Finding] {
        var unknown: [String] = []
        var claims: [(queue: QueueName, worker: String)] = []
        var lanes: Set<String> = []
        var cursor = "0"
        var steps = 0
        repeat {
            // The prefix holds no character that means something in a pattern.
            let reply = try await redis.send(
                RedisCommand("SCAN", .text(cursor), "MATCH", .text("\(prefix):*"), "COUNT", .integer(Self.step))
            ).array(of: "SCAN")
            guard reply.count == 2, let next = reply[0].text else { throw AdministrationError("SCAN gave no cursor") }
            cursor = next
            steps += 1
            for name in try reply[1].array(of: "SCAN").compactMap(\.text) {
                switch KeyInventory.kind(of: name, prefix: prefix) {
                case .known: break
                case .lane(let number): lanes.insert(number)
                case .claimed(let queue, let worker): claims.append((queue, worker))
                case .unknown: if !unknown.contains(name) { unknown.append(name) }
                }
            }
        } while cursor != "0" && steps < Self.mostSteps && unknown.count < 1_000
        let partial = cursor == "0" ? "" : " (looked at a part of a very large database)"
        let foreign = try await foreignKeys(claims, lanes)
        // Where a key is not what it should be, nothing can be said of what it should hold.
        let names = Set(foreign.map(\.key))
        claims.removeAll { claim in
            let keys = QueueKeys(prefix: prefix, queue: claim.queue)
            return !names.isDisjoint(with: [keys.claimed(by: claim.worker), keys.workers, keys.departed])
        }
        let outbound = QueueKeys(prefix: prefix, queue: .outbound)
        lanes = names.contains(outbound.lanes) ? [] : lanes.filter { !names.contains(outbound.lane(of: $0)) }
        return try await [
            Self.types(foreign, partial), ownership(claims, partial), reachable(lanes, partial),
            Self.unknown(unknown, partial),
        ]
    }

    /// Keys with our names that hold another type: whatever needs them is refused by Redis, for ever.
    private func foreignKeys(
        _ claims: [(queue: QueueName, worker: String)], _ lanes: Set<String>
    ) async throws -> [(key: String, held: String, type: String)] {
        let outbound = QueueKeys(prefix: prefix, queue: .outbound)
        let expected =
            QueueName.allCases.flatMap { KeyInventory.types(QueueKeys(prefix: prefix, queue: $0)) }
            + claims.map { (QueueKeys(prefix: prefix, queue: $0.queue).claimed(by: $0.worker), "list") }
            + lanes.sorted().flatMap {
                [(outbound.lane(of: $0), "list"), (outbound.rateOfNumberPrefix + $0, "string")]
            }
        var foreign: [(key: String, held: String, type: String)] = []
        for (key, type) in expected {
            let held = try await redis.send(RedisCommand("TYPE", .text(key))).text ?? "none"
            // SCAN may name a key twice.
            if held != "none", held != type, !foreign.contains(where: { $0.key == key }) {
                foreign.append((key, held, type))
            }
        }
        return foreign
    }

    private static func types(_ foreign: [(key: String, held: String, type: String)], _ partial: String) -> Finding {
        guard let first = foreign.first else { return .ok("key-types", "every key of ours is of its type\(partial)") }
        let names = foreign.prefix(mostNamed).map { "\($0.key) is a \($0.held), not a \($0.type)" }
            .joined(separator: ", ")
        return .fail(
            "key-types", "\(foreign.count) keys hold another type: \(names)\(partial)",
            "find out who wrote it, and move it away; what waits for its place then goes on by itself: "
                + "redis-cli RENAME '\(first.key)' 'foreign:\(first.key)'")
    }

    private func ownership(_ claims: [(queue: QueueName, worker: String)], _ partial: String) async throws -> Finding {
        var unowned: [(list: String, departed: String, worker: String, jobs: Int64)] = []
        for claim in claims {
            let keys = QueueKeys(prefix: prefix, queue: claim.queue)
            let list = keys.claimed(by: claim.worker)
            let jobs =
                try await redis.run(
                    AdministrationScripts.unowned, keys: [list, keys.workers, keys.departed],
                    arguments: [.text(claim.worker)]
                ).integer ?? 0
            // SCAN may name a key twice.
            if jobs > 0, !unowned.contains(where: { $0.list == list }) {
                unowned.append((list, keys.departed, claim.worker, jobs))
            }
        }
        guard let first = unowned.first else {
            return .ok("claims", "every claimed job has an owner that lives or is watched\(partial)")
        }
        let jobs = unowned.reduce(0) { $0 + $1.jobs }
        let names = unowned.prefix(Self.mostNamed).map(\.list).joined(separator: ", ")
        return .fail(
            "claims", "\(jobs) jobs in \(unowned.count) lists without an owner: \(names)\(partial)",
            "put each owner under watch and a live worker takes its jobs back within seconds: "
                + "redis-cli ZADD '\(first.departed)' 0.5 '\(first.worker)'")
    }

    /// A lane that is not among the lanes is never looked at by any worker.
    private func reachable(_ lanes: Set<String>, _ partial: String) async throws -> Finding {
        let keys = QueueKeys(prefix: prefix, queue: .outbound)
        var lost: [(number: String, jobs: Int64)] = []
        for number in lanes.sorted() {
            let jobs =
                try await redis.run(
                    AdministrationScripts.unlisted, keys: [keys.lane(of: number), keys.lanes],
                    arguments: [.text(number)]
                ).integer ?? 0
            if jobs > 0 { lost.append((number, jobs)) }
        }
        guard let first = lost.first else { return .ok("lanes", "every lane is in its turn\(partial)") }
        let jobs = lost.reduce(0) { $0 + $1.jobs }
        let names = lost.prefix(Self.mostNamed).map(\.number).joined(separator: ", ")
        return .fail(
            "lanes", "\(jobs) sends in \(lost.count) lanes that never come to their turn: \(names)\(partial)",
            "enter each lane and it goes on within a second: redis-cli ZADD '\(keys.lanes)' NX 0 '\(first.number)'")
    }

    private static func unknown(_ keys: [String], _ partial: String) -> Finding {
        guard !keys.isEmpty else { return .ok("unknown-keys", "every key under the prefix is one of ours\(partial)") }
        let names = keys.prefix(mostNamed).joined(separator: ", ") + (keys.count > mostNamed ? ", …" : "")
        return .warn(
            "unknown-keys", "\(keys.count) keys under the prefix are not ours: \(names)\(partial)",
            "if another program shares this Redis, give one of the two another QUEUE_PREFIX; a newer Worker may "
                + "have keys that this version does not know")
    }
}
