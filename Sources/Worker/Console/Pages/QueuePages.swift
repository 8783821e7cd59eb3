internal import ConsolePages
internal import HTTPTypes
internal import Hummingbird
internal import JobEngine
internal import JobQueue
internal import OutboundLanes
internal import Postgres
internal import QueueAdministration
internal import RedisClient
internal import Tenants

/// `/app/queues`: what operators see of queues, lanes and jobs.
struct QueuePages: Sendable {
    private static let path = "/app/queues"

    let site: PageSite
    private var services: ConsoleServices { site.services }

    init(site: PageSite) { self.site = site }

    var routes: [Route] {
        [
            site.operators(.get, Self.path) { _, visit, _ in
                site.html(site.pages.queues(try await overview(), in: visit.frame()))
            },
            site.operators(.get, Self.path + "/fragment") { _, visit, _ in
                site.html(site.pages.queuesFragment(try await overview(), now: PageSite.now, csrf: visit.csrf))
            },
            site.operators(.get, Self.path + "/unrouted") { _, visit, _ in
                let rows = try await services.database.withTransaction { session in try UnroutedReader.list(in: session)
                }
                return site.html(site.pages.unrouted(UnroutedPage(rows: rows), in: visit.frame()))
            },
            site.operators(.post, Self.path + "/lanes/{number}/{act}") { call, visit, form in
                try await lane(call, visit, form)
            },
            site.operators(.post, Self.path + "/{queue}/pause") { call, visit, form in
                let reason = (form["reason"] ?? "").trimmed
                _ = try await QueuePause(keys: services.keys(try Self.queue(call)), redis: services.redis)
                    .pause(reason: reason.isEmpty ? "paused in the console" : reason, by: Self.name(visit))
                try await audit("queue.pause", call, visit)
                return site.redirect(Self.path)
            },
            site.operators(.post, Self.path + "/{queue}/resume") { call, visit, _ in
                _ = try await QueuePause(keys: services.keys(try Self.queue(call)), redis: services.redis).resume()
                try await audit("queue.resume", call, visit)
                return site.redirect(Self.path)
            },
        ]
    }

    static func queue(_ call: Call) throws(Problem) -> QueueName {
        guard let queue = QueueName(rawValue: call.parameter("queue")) else { throw .notFound }
        return queue
    }

    static func name(_ visit: Visit) -> String { "console:\(visit.actor.origin)" }

    private func audit(_ action: String, _ call: Call, _ visit: Visit) async throws {
        let subject = call.parameters["queue"] ?? call.parameters["number"] ?? ""
        let actor = visit.actor
        try await services.database.withTransaction { session in
            try OperatorAudit.write(action, subject: subject, by: actor, in: session)
        }
    }

    private func lane(_ call: Call, _ visit: Visit, _ form: FormFields) async throws -> Response {
        let number = call.parameter("number")
        switch call.parameter("act") {
        case "pause":
            let reason = (form["reason"] ?? "").trimmed
            try await services.lanes.pause(
                number: number, reason: reason.isEmpty ? "paused in the console" : reason, by: Self.name(visit))
        case "resume": try await services.lanes.resume(number: number)
        case _: throw Problem.notFound
        }
        try await audit("lane.\(call.parameter("act"))", call, visit)
        return site.redirect(Self.path)
    }

    private func overview() async throws -> QueuesPage {
        let counts = try await services.database.withTransaction { session in try UnroutedReader.counts(in: session) }
        do {
            var queues: [QueueRow] = []
            for queue in QueueName.allCases { queues.append(try await row(queue)) }
            let lanes = try await services.lanes.list().map { lane in
                LaneRow(
                    number: lane.number, tenantName: counts.tenantNames[lane.number], waiting: Int(lane.waiting),
                    perSecond: Int(lane.perSecond), nextAt: lane.nextAt.map { PageTime(milliseconds: $0) },
                    heldUntil: lane.heldUntil.map { PageTime(milliseconds: $0) },
                    pause: lane.pause.map { pause in
                        PauseMark(reason: pause.reason, since: pause.since.map { PageTime(milliseconds: $0) })
                    })
            }
            return QueuesPage(
                queues: queues, lanes: lanes, unroutedNumbers: counts.numbers, unroutedItems: counts.items,
                tenants: counts.tenants)
        } catch is RedisError {
            return QueuesPage(
                queues: [], lanes: [], unroutedNumbers: counts.numbers, unroutedItems: counts.items,
                tenants: counts.tenants, unavailable: "Redis does not answer.")
        }
    }

    private func row(_ queue: QueueName) async throws -> QueueRow {
        let keys = services.keys(queue)
        let inspector = QueueInspector(keys: keys, redis: services.redis)
        let stats = try await inspector.stats()
        let note = try await QueuePause(keys: keys, redis: services.redis).note()
        let now = PageSite.now.microseconds
        let workers = try await inspector.workers().workers.map { worker in
            WorkerRow(
                id: worker.id, claimed: Int(worker.held),
                lastSeenAt: PageTime(microseconds: now - worker.silence * 1_000))
        }
        return QueueRow(
            name: queue.rawValue, ready: Int(stats.ready), claimed: Int(stats.claimed),
            scheduled: Int(stats.scheduled), dead: Int(stats.dead),
            oldestAgeSeconds: stats.oldestAge.map { Double($0) / 1_000 },
            pause: note.map { note in
                PauseMark(reason: note.reason, since: note.since.map { PageTime(milliseconds: $0) })
            }, workers: workers, deadGroups: try await groups(inspector, isAny: stats.dead > 0))
    }

    /// The dead by their errors; among the first thousand only, where there are more.
    private func groups(_ inspector: QueueInspector, isAny: Bool) async throws -> [DeadGroup] {
        guard isAny else { return [] }
        var groups: [String: DeadGroup] = [:]
        for job in try await inspector.peek(.dead, limit: 1_000) {
            guard let error = job.element?.header.error else { continue }
            var group = groups[error.code] ?? DeadGroup(code: error.code, count: 0, example: error.text)
            group.count += 1
            group.newestAt = job.score.flatMap { Int64(exactly: $0.rounded()) }.map { PageTime(milliseconds: $0) }
            groups[error.code] = group
        }
        return groups.values.sorted { ($1.count, $0.code) < ($0.count, $1.code) }
    }
}
