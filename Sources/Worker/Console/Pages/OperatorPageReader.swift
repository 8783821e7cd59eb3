internal import ConsolePages
internal import Identifiers
internal import JobEngine
internal import JobQueue
internal import NIOCore
internal import OutboundLanes
internal import Postgres
internal import QueueAdministration
internal import RedisClient
internal import Tenants

/// Reads what the operators' pages show.
struct OperatorPageReader: Sendable {
    static let rowsOnAPage = 100

    private static let tenantsOfNumbers: PostgresStatement = """
        select c.phone_number_id, t.name from whatsapp_configs c join tenants t on t.id = c.tenant_id
        where c.phone_number_id = any($1::text[])
        """
    private static let countTenants: PostgresStatement = "select count(*) from tenants where disabled_at is null"
    private static let countUnrouted: PostgresStatement =
        "select count(distinct phone_number_id), count(*) from whatsapp_unrouted"
    private static let unrouted: PostgresStatement = """
        select phone_number_id, max(waba_id), count(*), min(received_at), max(received_at)
        from whatsapp_unrouted group by phone_number_id order by max(received_at) desc limit 200
        """

    private let services: ConsoleServices
    private let throughput: MessageThroughput

    init(_ services: ConsoleServices, _ throughput: MessageThroughput) {
        self.services = services
        self.throughput = throughput
    }

    /// While Redis is away the page says so, and shows what Postgres knows.
    func queues(now: PageTime) async throws -> QueuesPage {
        let counts = try await services.database.withTransaction { session in
            let tenants = try session.execute(Self.countTenants, []).first?.int64(0) ?? 0
            let unrouted = try session.execute(Self.countUnrouted, []).first
            return (tenants, try unrouted?.int64(0) ?? 0, try unrouted?.int64(1) ?? 0)
        }
        var page = QueuesPage(
            queues: [], lanes: [], unroutedNumbers: Int(counts.1), unroutedItems: Int(counts.2), tenants: Int(counts.0))
        page.throughput = try await throughput.read(services.database, now: now)
        do {
            for queue in QueueName.allCases { page.queues.append(try await row(of: queue, now: now)) }
            page.lanes = try await lanes()
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
        let groups = stats.dead > 0 ? try await inspector.deadLetterSummary().groups : []
        return QueueRow(
            name: queue.rawValue, ready: Int(stats.ready), claimed: Int(stats.claimed),
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

    private func lanes() async throws -> [LaneRow] {
        let lanes = try await services.lanes.list()
        var numbers = PostgresArray.text(capacity: lanes.count)
        for lane in lanes { numbers.append(lane.number) }
        let asked = numbers
        let names = try await services.database.withTransaction { session in
            var names: [String: String] = [:]
            for row in try session.execute(Self.tenantsOfNumbers, [.array(asked)]) {
                names[try row.string(0)] = try row.string(1)
            }
            return names
        }
        return lanes.prefix(500).map { lane in
            LaneRow(
                number: lane.number, tenantName: names[lane.number], waiting: Int(lane.waiting),
                perSecond: Int(lane.perSecond), nextAt: lane.nextAt.map(PageTime.init(milliseconds:)),
                heldUntil: lane.heldUntil.map(PageTime.init(milliseconds:)),
                pause: lane.pause.map { pause in
                    PauseMark(reason: pause.reason, since: pause.since.map(PageTime.init(milliseconds:)))
                })
        }
    }

    private static func mark(_ note: PauseNote) -> PauseMark {
        PauseMark(reason: note.reason, since: note.since.map(PageTime.init(milliseconds:)))
    }

    func jobs(_ queue: QueueName, place: PeekedState, error: String?) async throws -> JobsPage {
        let inspector = QueueInspector(keys: services.keys(queue), redis: services.redis)
        let jobs =
            switch place {
            case .dead: try await inspector.deadLetters(Self.filter(error: error), limit: Self.rowsOnAPage)
            case .ready, .lane, .claimed, .scheduled: try await inspector.peek(place, limit: Self.rowsOnAPage)
            }
        return JobsPage(queue: queue.rawValue, place: place.rawValue, error: error, jobs: jobs.map(Self.row))
    }

    /// Nil where the queue holds no such job.
    func job(_ queue: QueueName, id: String) async throws -> JobPage? {
        let inspector = QueueInspector(keys: services.keys(queue), redis: services.redis)
        guard let job = try await inspector.find(id) else { return nil }
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
        let filter = Self.filter(error: error)
        let count = try await JobReplay(keys: services.keys(queue), redis: services.redis)
            .dryRun(filter, limit: nil).matched
        return DeadLettersPage(
            queue: queue.rawValue, verb: verb, count: count, error: error,
            examples: try await inspector.deadLetters(filter, limit: 10).map(Self.row))
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

    /// - Parameter after: the last id of the page before.
    func tenants(after: Int64 = 0) async throws -> TenantsPage {
        let found = try await services.database.withTransaction { session in
            try TenantStore.list(after: TenantID(after), limit: Self.rowsOnAPage + 1, in: session)
        }
        let shown = found.prefix(Self.rowsOnAPage)
        let lanes = try? await services.lanes.list()
        let waiting = Dictionary(lanes?.map { ($0.number, Int($0.waiting)) } ?? []) { first, _ in first }
        return TenantsPage(
            tenants: shown.map { Self.row($0, waiting: waiting) },
            next: found.count > shown.count ? shown.last.map { String($0.id.value) } : nil)
    }

    private static func row(_ tenant: TenantSummary, waiting: [String: Int]) -> TenantRow {
        TenantRow(
            id: String(tenant.id.value), name: tenant.name, phoneNumberID: tenant.number?.phoneNumberID,
            chip: chip(tenant.number), waiting: tenant.number.flatMap { waiting[$0.phoneNumberID] } ?? 0,
            createdAt: PageTime(microseconds: tenant.createdAt), isDisabled: tenant.disabledAt != nil)
    }

    private static func chip(_ number: TenantSummary.Number?) -> StatusChip {
        guard let number else { return .notSetUp }
        if number.status == "paused" { return .paused(reason: number.statusReason ?? "see its settings", advice: "") }
        return number.isActive ? .active : .inactive
    }

    func unrouted() async throws -> UnroutedPage {
        try await services.database.withTransaction { session in
            var rows: [UnroutedRow] = []
            for row in try session.execute(Self.unrouted, []) {
                rows.append(
                    UnroutedRow(
                        phoneNumberID: try row.string(0), wabaID: try row.optionalString(1),
                        items: Int(try row.int64(2)), firstAt: PageTime(microseconds: try row.microseconds(3)),
                        lastAt: PageTime(microseconds: try row.microseconds(4))))
            }
            return UnroutedPage(rows: rows)
        }
    }
}
