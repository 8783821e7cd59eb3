internal import ConsolePages
internal import Identifiers
internal import JobEngine
internal import JobQueue
internal import NIOCore
internal import OutboundLanes
internal import Postgres
internal import QueueAdministration
internal import RedisClient

/// Reads what the operators' pages show.
struct OperatorPageReader: Sendable {
    static let rowsOnAPage = 100
    /// Of the lanes: those that are paused or held, and the fullest; the others are on pages of their own.
    private static let lanesOnTheFirstPage = 20

    private let services: ConsoleServices
    private let throughput = MessageThroughput()
    private let deadGroups = DeadLetterGroups()

    init(_ services: ConsoleServices) {
        self.services = services
    }

    /// While Redis is away the page says so, and shows what Postgres knows.
    func queues(_ database: any PostgresDatabase, now: PageTime) async throws -> QueuesPage {
        let counts = try await database.withTransaction { session in try UnroutedReader.counts(in: session) }
        var page = QueuesPage(
            queues: [], lanes: [], unroutedNumbers: counts.numbers, unroutedItems: counts.items, tenants: counts.tenants
        )
        page.throughput = try await throughput.read(database, now: now)
        do {
            for queue in QueueName.allCases { page.queues.append(try await row(of: queue, now: now)) }
            let lanes = try await services.lanes.list()
            page.laneCount = lanes.count
            page.lanes = lanes.sorted { Self.urgency($0) > Self.urgency($1) }.prefix(Self.lanesOnTheFirstPage)
                .map { Self.row($0, counts.tenantNames) }
        } catch is RedisError {
            page.queues = []
            page.unavailable = "Redis does not answer. Jobs wait; the figures come back with it."
        }
        return page
    }

    private func row(of queue: QueueName, now: PageTime) async throws -> QueueRow {
        let inspector = QueueInspector(keys: services.keys(queue), redis: services.redis)
        let stats = try await inspector.stats()
        let note = try await QueuePause(keys: services.keys(queue), redis: services.redis).note()
        let workers = try await inspector.workers().workers
        let groups = try await deadGroups.read(inspector, count: stats.dead)
        return QueueRow(
            name: queue.rawValue, ready: Int(stats.ready),
            inLanes: queue == .outbound ? Int(stats.inLanes) : nil, claimed: Int(stats.claimed),
            scheduled: Int(stats.scheduled), dead: Int(stats.dead),
            oldestAgeSeconds: stats.oldestAge.map { Double($0) / 1_000 }, pause: note.map(Self.mark),
            workers: workers.filter { $0.isAlive || $0.held > 0 }.map { worker in
                WorkerRow(
                    id: worker.id, claimed: Int(worker.held),
                    lastSeenAt: PageTime(microseconds: now.microseconds - worker.silence * 1_000))
            },
            deadGroups: groups.prefix(20).map { group in
                DeadGroup(
                    code: group.code, count: group.count, newestAt: PageTime(milliseconds: group.newestAt),
                    example: group.example)
            })
    }

    /// A page of all lanes, by number.
    func lanes(_ database: any PostgresDatabase, after number: String?) async throws -> LanesPage {
        let names = try await database.withTransaction { session in
            try UnroutedReader.tenantNames(in: session)
        }
        let lanes = try await services.lanes.list()
        let rest = lanes.drop { lane in number.map { lane.number <= $0 } ?? false }
        let shown = rest.prefix(Self.rowsOnAPage)
        return LanesPage(
            lanes: shown.map { Self.row($0, names) }, count: lanes.count, isFirstPage: number == nil,
            next: rest.count > shown.count ? shown.last?.number : nil)
    }

    /// What needs somebody comes first.
    private static func urgency(_ lane: LaneReport) -> (Int, Int64) {
        (lane.pause != nil ? 2 : lane.heldUntil != nil ? 1 : 0, lane.waiting)
    }

    private static func row(_ lane: LaneReport, _ tenantNames: [String: String]) -> LaneRow {
        LaneRow(
            number: lane.number, tenantName: tenantNames[lane.number], waiting: Int(lane.waiting),
            perSecond: Int(lane.perSecond), nextAt: lane.nextAt.map(PageTime.init(milliseconds:)),
            heldUntil: lane.heldUntil.map(PageTime.init(milliseconds:)),
            pause: lane.pause.map { pause in
                PauseMark(reason: pause.reason, since: pause.since.map(PageTime.init(milliseconds:)))
            })
    }

    private static func mark(_ note: PauseNote) -> PauseMark {
        PauseMark(reason: note.reason, since: note.since.map(PageTime.init(milliseconds:)))
    }

    func jobs(
        _ queue: QueueName, place: PeekedState, error: String?, after cursor: JobCursor?
    ) async throws -> JobsPage {
        let inspector = QueueInspector(keys: services.keys(queue), redis: services.redis)
        let listing = try await inspector.list(place, error: error, after: cursor, limit: Self.rowsOnAPage)
        return JobsPage(
            queue: queue.rawValue, place: place.rawValue, error: error, jobs: listing.jobs.map(Self.row),
            after: cursor?.text, next: listing.next?.text)
    }

    /// Nil where the queue holds no such job.
    /// - Parameter listing: where it was seen in a list: it is looked for there first, which costs a page, not a search
    ///   through all that waits.
    func job(
        _ queue: QueueName, id: String, seenIn listing: (place: PeekedState, after: JobCursor?)?
    ) async throws -> JobPage? {
        let inspector = QueueInspector(keys: services.keys(queue), redis: services.redis)
        var found: QueuedJob?
        if let listing {
            found = try await inspector.list(listing.place, after: listing.after, limit: Self.rowsOnAPage)
                .jobs.first { $0.id == id }
        }
        if found == nil { found = try await inspector.find(id) }
        guard let job = found else { return nil }
        let row = Self.row(job)
        var fields = [PageField("Type", job.type), PageField("Attempts", String(row.attempt))]
        fields.append(PageField("Crashes", String(row.crashes)))
        if let worker = row.worker { fields.append(PageField("Held by", worker)) }
        if let error = row.error { fields.append(PageField("Error", error)) }
        if let trace = job.element?.header.trace { fields.append(PageField("Trace", trace)) }
        if job.element?.header.signature != nil { fields.append(PageField("Signed", "yes")) }
        fields.append(PageField("Size", "\(job.bytes.readableBytes) bytes"))
        return JobPage(
            queue: queue.rawValue, place: job.place.name, id: id, receivedAt: row.receivedAt, at: row.at,
            fields: fields, payload: JobReport.maskedPayload(job), isDead: job.place == .dead)
    }

    /// What a replay or a discard of these would touch.
    func deadLetters(
        _ queue: QueueName, _ verb: DeadLettersPage.Verb, error: String?, id: String?
    ) async throws -> DeadLettersPage {
        let inspector = QueueInspector(keys: services.keys(queue), redis: services.redis)
        if let id {
            let job = try await inspector.find(id)
            let isDead = job?.place == .dead
            return DeadLettersPage(
                queue: queue.rawValue, verb: verb, count: isDead ? 1 : 0, id: id,
                examples: isDead ? job.map { [Self.row($0)] } ?? [] : [])
        }
        let some = try await inspector.list(.dead, error: error, limit: 10)
        var count = some.jobs.count
        if let next = some.next {
            if let error {
                count += try await inspector.deadLetterSummary(after: next, limit: .max).count(of: error)
            } else {
                count = Int(try await inspector.stats().dead)
            }
        }
        return DeadLettersPage(
            queue: queue.rawValue, verb: verb, count: count, error: error, examples: some.jobs.map(Self.row))
    }

    static func filter(error: String?) -> DeadLetterFilter {
        var filter = DeadLetterFilter()
        filter.errorCode = error
        return filter
    }

    private static func row(_ job: QueuedJob) -> JobRow {
        let header = job.element?.header
        let worker: String? =
            switch job.place {
            case .claimed(let worker): worker
            case .ready, .lane, .scheduled, .dead: nil
            }
        return JobRow(
            id: job.id, type: job.type, attempt: header.map { Int($0.attempt) } ?? 0,
            crashes: header.map { Int($0.crashes) } ?? 0, error: header?.error.map { "\($0.code): \($0.text)" },
            receivedAt: header.map { PageTime(milliseconds: $0.receivedAt) },
            at: job.milliseconds.map(PageTime.init(milliseconds:)), worker: worker)
    }
}
