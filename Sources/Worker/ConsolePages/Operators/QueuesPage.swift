/// The operators' overview.
public struct QueuesPage: Sendable {
    public var queues: [QueueRow]
    /// Those that need somebody, and the fullest.
    public var lanes: [LaneRow]
    /// Of all lanes.
    public var laneCount: Int = 0
    public var throughput: Throughput?
    public var unroutedNumbers: Int = 0
    public var unroutedItems: Int = 0
    public var tenants: Int = 0
    /// Why the figures cannot be read, while Redis is away.
    public var unavailable: String?

    public init(
        queues: [QueueRow], lanes: [LaneRow], throughput: Throughput? = nil, unroutedNumbers: Int = 0,
        unroutedItems: Int = 0, tenants: Int = 0, unavailable: String? = nil
    ) {
        self.queues = queues
        self.lanes = lanes
        self.throughput = throughput
        self.unroutedNumbers = unroutedNumbers
        self.unroutedItems = unroutedItems
        self.tenants = tenants
        self.unavailable = unavailable
    }

    func values(at now: PageTime) -> TemplateValues {
        [
            "queues": queues.map { $0.values(at: now) }, "lanes": lanes.map { $0.values(at: now) },
            "has_lanes": !lanes.isEmpty, "lane_count": laneCount, "has_more_lanes": laneCount > lanes.count,
            "in_queues": true, "throughput": throughput?.values,
            "unrouted_numbers": unroutedNumbers == 1 ? "1 number" : "\(unroutedNumbers.counted) numbers",
            "unrouted_word": unroutedItems == 1 ? "item" : "items",
            "unrouted_items": unroutedItems.counted, "has_unrouted": unroutedItems > 0, "tenants": tenants,
            "has_tenants": tenants > 0, "unavailable": unavailable, "read_at": now,
        ]
    }
}

public struct QueueRow: Sendable {
    public var name: String
    public var ready: Int
    /// Sends that wait for their number's turn; nil: the queue has no lanes.
    public var inLanes: Int?
    public var claimed: Int
    public var scheduled: Int
    public var dead: Int
    public var oldestAgeSeconds: Double?
    public var pause: PauseMark?
    public var workers: [WorkerRow] = []
    public var deadGroups: [DeadGroup] = []

    public init(
        name: String, ready: Int, inLanes: Int? = nil, claimed: Int, scheduled: Int, dead: Int,
        oldestAgeSeconds: Double? = nil,
        pause: PauseMark? = nil, workers: [WorkerRow] = [], deadGroups: [DeadGroup] = []
    ) {
        self.name = name
        self.ready = ready
        self.inLanes = inLanes
        self.claimed = claimed
        self.scheduled = scheduled
        self.dead = dead
        self.oldestAgeSeconds = oldestAgeSeconds
        self.pause = pause
        self.workers = workers
        self.deadGroups = deadGroups
    }

    func values(at now: PageTime) -> TemplateValues {
        let path = "/app/queues/" + FormText.encoded(name)
        return [
            "queue_name": name, "queue_words": JobPlaceWords.queue(name), "queue_path": path, "ready": ready,
            "in_lanes": inLanes.map { TemplateValues(["lanes_waiting": $0]) }, "claimed": claimed,
            "scheduled": scheduled,
            "dead": dead, "has_dead": dead > 0, "oldest": oldestAgeSeconds.map(PageTime.words(seconds:)),
            "pause": pause?.values, "workers": workers.map(\.values), "has_workers": !workers.isEmpty,
            "groups": deadGroups.map { $0.values(queuePath: path) }, "has_groups": !deadGroups.isEmpty,
        ]
    }
}

public struct PauseMark: Sendable {
    public var reason: String
    public var since: PageTime?

    public init(reason: String, since: PageTime? = nil) {
        self.reason = reason
        self.since = since
    }

    var values: TemplateValues { ["reason": reason, "since": since] }
}

public struct WorkerRow: Sendable {
    public var id: String
    public var claimed: Int
    public var lastSeenAt: PageTime?

    public init(id: String, claimed: Int, lastSeenAt: PageTime? = nil) {
        self.id = id
        self.claimed = claimed
        self.lastSeenAt = lastSeenAt
    }

    var values: TemplateValues { ["worker": id, "claimed_by": claimed, "last_seen_at": lastSeenAt] }
}

/// Dead jobs with the same error.
public struct DeadGroup: Sendable {
    public var code: String
    public var count: Int
    public var newestAt: PageTime?
    public var example: String = ""

    public init(code: String, count: Int, newestAt: PageTime? = nil, example: String = "") {
        self.code = code
        self.count = count
        self.newestAt = newestAt
        self.example = example
    }

    func values(queuePath: String) -> TemplateValues {
        let query = FormText.encoded([("error", code)])
        return [
            // Without a code they cannot be told from the others: they have no list of their own.
            "code": code.isEmpty ? "no error" : code, "has_code": !code.isEmpty, "count": count, "newest_at": newestAt,
            "example": example,
            "list_path": "\(queuePath)/jobs?place=dead&\(query)", "replay_path": "\(queuePath)/replay?\(query)",
            "discard_path": "\(queuePath)/discard?\(query)",
        ]
    }
}

/// One number's lane.
public struct LaneRow: Sendable {
    public var number: String
    public var tenantName: String?
    public var waiting: Int
    public var perSecond: Int
    public var nextAt: PageTime?
    public var heldUntil: PageTime?
    public var pause: PauseMark?

    public init(
        number: String, tenantName: String? = nil, waiting: Int, perSecond: Int, nextAt: PageTime? = nil,
        heldUntil: PageTime? = nil, pause: PauseMark? = nil
    ) {
        self.number = number
        self.tenantName = tenantName
        self.waiting = waiting
        self.perSecond = perSecond
        self.nextAt = nextAt
        self.heldUntil = heldUntil
        self.pause = pause
    }

    func values(at now: PageTime) -> TemplateValues {
        let isHeld = heldUntil.map { $0 > now } ?? false
        return [
            "number": number, "lane_path": "/app/queues/lanes/" + FormText.encoded(number), "tenant": tenantName,
            "waiting": waiting, "per_second": perSecond, "held": isHeld ? heldUntil?.distance(from: now) : nil,
            "pause": pause?.values, "is_running": pause == nil && !isHeld,
            "is_stopped": pause != nil || isHeld,
        ]
    }
}
