internal import JobQueue
internal import OutboundLanes

/// What a Redis key under our prefix is. Pure.
enum KeyInventory {
    enum Kind: Equatable {
        case known
        /// The lane of a number.
        case lane(number: String)
        case claimed(queue: QueueName, worker: String)
        case unknown
    }

    /// - Parameter key: a key that begins with `prefix` and a colon.
    static func kind(of key: String, prefix: String) -> Kind {
        let rest = key.dropFirst(prefix.count + 1)
        if rest.hasPrefix("auth:") { return .known }
        for queue in QueueName.allCases {
            let keys = QueueKeys(prefix: prefix, queue: queue)
            if key.hasPrefix(keys.claimedPrefix) {
                return .claimed(queue: queue, worker: String(key.dropFirst(keys.claimedPrefix.count)))
            }
            let names = [
                keys.ready, keys.scheduled, keys.dead, keys.paused, keys.workers, keys.departed, keys.probe,
            ]
            if names.contains(key) || key.hasPrefix(keys.lock("")) { return .known }
            // The lanes of the numbers and their throttles belong to outbound alone.
            guard queue == .outbound else { continue }
            if [keys.lanes, keys.pausedLanes, keys.wake].contains(key)
                || key.hasPrefix(keys.ratePrefix)
            {
                return .known
            }
            if key.hasPrefix(keys.lanePrefix) {
                return .lane(number: String(key.dropFirst(keys.lanePrefix.count)))
            }
        }
        return .unknown
    }

    /// The keys of a queue that have one name each, and what Redis calls the type of each.
    static func types(_ keys: QueueKeys) -> [(key: String, type: String)] {
        let all = [
            (keys.ready, "list"), (keys.scheduled, "zset"), (keys.dead, "zset"), (keys.paused, "string"),
            (keys.workers, "zset"), (keys.departed, "zset"),
        ]
        guard keys.queue == .outbound else { return all }
        return all + [
            (keys.lanes, "zset"), (keys.pausedLanes, "hash"), (keys.wake, "list"), (keys.rateNumbers, "hash"),
        ]
    }
}
