public import JobEngine
public import JobQueue

/// How the state of queues and workers is shown.
public enum QueueReport {
    public static func json(_ queue: QueueName, _ stats: QueueStats, pause: PauseNote?) -> JSONOutput {
        .object([
            ("queue", .text(queue.rawValue)), ("ready", .integer(stats.ready)), ("claimed", .integer(stats.claimed)),
            ("scheduled", .integer(stats.scheduled)), ("overdue", .integer(stats.overdue)),
            ("dead", .integer(stats.dead)), ("lanes", .integer(stats.inLanes)),
            ("oldest_age_seconds", .optional(stats.oldestAge.map { $0 / 1_000 })),
            ("oldest_age_unknown", .bool(stats.undated > 0)), ("bytes", .integer(stats.bytes)),
            ("workers", .integer(stats.workers)),
            ("departed", .integer(stats.departed)), ("paused", .bool(stats.isPaused)),
            ("pause", json(pause)),
        ])
    }

    /// What a pause or its end has led to. The note is that of the pause that stands, or that has ended.
    public static func json(_ queue: QueueName, paused: Bool, changed: Bool, note: PauseNote?) -> JSONOutput {
        .object([
            ("queue", .text(queue.rawValue)), ("paused", .bool(paused)), ("changed", .bool(changed)),
            ("pause", json(note)),
        ])
    }

    private static func json(_ note: PauseNote?) -> JSONOutput {
        guard let note else { return .null }
        return .object([
            ("reason", .text(note.reason)), ("since", .optional(note.since)), ("by", .optional(note.by)),
        ])
    }

    public static func table(_ queues: [(QueueName, QueueStats, PauseNote?)]) -> String {
        let table = TextTable.text(
            [
                "QUEUE", "READY", "LANES", "CLAIMED", "SCHEDULED", "OVERDUE", "DEAD", "OLDEST", "BYTES", "WORKERS",
                "STATE",
            ],
            queues.map { queue, stats, _ in
                [
                    queue.rawValue, String(stats.ready), String(stats.inLanes), String(stats.claimed),
                    String(stats.scheduled),
                    String(stats.overdue), String(stats.dead),
                    oldest(stats), String(stats.bytes),
                    String(stats.workers), stats.isPaused ? "paused" : "running",
                ]
            })
        let pauses = queues.compactMap { queue, _, note in note.map { "\(queue.rawValue) is paused \($0.sentence)" } }
        return ([table] + pauses).joined(separator: "\n")
    }

    /// What carries no time may be older than the age that is known.
    private static func oldest(_ stats: QueueStats) -> String {
        let known = stats.oldestAge.map { Moment.span(milliseconds: $0) }
        guard stats.undated > 0 else { return known ?? "-" }
        return known.map { "\($0) or more" } ?? "unknown (short form)"
    }

    public static func json(_ workers: QueueWorkers) -> [JSONOutput] {
        workers.workers.map { worker in
            .object([
                ("queue", .text(workers.queue.rawValue)), ("id", .text(worker.id)),
                ("state", .text(worker.isAlive ? "alive" : "departed")),
                ("silent_milliseconds", .integer(worker.silence)), ("held", .integer(worker.held)),
            ])
        }
    }

    public static func table(_ queues: [QueueWorkers]) -> String {
        let rows = queues.flatMap { queue in
            queue.workers.map { worker in
                [
                    queue.queue.rawValue, worker.id, worker.isAlive ? "alive" : "departed",
                    Moment.span(milliseconds: worker.silence), String(worker.held),
                ]
            }
        }
        guard !rows.isEmpty else { return "No worker is registered with any queue." }
        return TextTable.text(["QUEUE", "WORKER", "STATE", "LAST SEEN", "HOLDS"], rows)
    }
}

/// What `worker queue stats` may be asked to fail for, so that cron can mail it.
public struct QueueAlarm: Sendable {
    public var onDead: Bool
    /// Milliseconds.
    public var oldestAge: Int64?

    public init(onDead: Bool, oldestAge: Int64?) {
        self.onDead = onDead
        self.oldestAge = oldestAge
    }

    /// A sentence for each reason to fail; none when all is well.
    public func reasons(_ queue: QueueName, _ stats: QueueStats) -> [String] {
        var reasons: [String] = []
        if onDead, stats.dead > 0 {
            reasons.append("\(queue.rawValue) has \(stats.dead) dead letter\(stats.dead == 1 ? "" : "s")")
        }
        if let oldestAge, let age = stats.oldestAge, age > oldestAge {
            reasons.append(
                "\(queue.rawValue)'s oldest job has waited \(Moment.span(milliseconds: age)), "
                    + "more than \(Moment.span(milliseconds: oldestAge))")
        }
        return reasons
    }
}
