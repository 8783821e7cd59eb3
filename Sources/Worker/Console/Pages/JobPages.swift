internal import ConsolePages
internal import HTTPTypes
internal import Hummingbird
internal import JobEngine
internal import JobQueue
internal import Postgres
internal import QueueAdministration
internal import Tenants

/// `/app/queues/<queue>/…`: the jobs of a queue, and what operators do with dead ones.
struct JobPages: Sendable {
    private static let path = "/app/queues/{queue}"

    let site: PageSite
    private var services: ConsoleServices { site.services }

    init(site: PageSite) { self.site = site }

    var routes: [Route] {
        [
            site.operators(.get, Self.path + "/jobs") { call, visit, _ in
                site.html(site.pages.jobs(try await jobs(call), in: visit.frame()))
            },
            site.operators(.get, Self.path + "/jobs/{id}") { call, visit, _ in
                site.html(site.pages.job(try await job(call), in: visit.frame()))
            },
            site.operators(.get, Self.path + "/replay") { call, visit, _ in
                site.html(site.pages.deadLetters(try await preview(call, .replay), in: visit.frame()))
            },
            site.operators(.get, Self.path + "/discard") { call, visit, _ in
                site.html(site.pages.deadLetters(try await preview(call, .discard), in: visit.frame()))
            },
            site.operators(.post, Self.path + "/replay") { call, visit, form in try await replay(call, visit, form) },
            site.operators(.post, Self.path + "/discard") { call, visit, form in
                try await discard(call, visit, form)
            },
        ]
    }

    private func inspector(_ queue: QueueName) -> QueueInspector {
        QueueInspector(keys: services.keys(queue), redis: services.redis)
    }

    private static func filter(_ error: String?) -> DeadLetterFilter {
        var filter = DeadLetterFilter()
        filter.errorCode = error.flatMap { $0.isEmpty ? nil : $0 }
        return filter
    }

    // MARK: - Looking

    private func jobs(_ call: Call) async throws -> JobsPage {
        let queue = try QueuePages.queue(call)
        guard let place = PeekedState(rawValue: call.query["place"] ?? "dead") else { throw Problem.notFound }
        let error = call.query["error"].flatMap { $0.isEmpty ? nil : $0 }
        let found = try await inspector(queue).peek(place, limit: 500)
            .filter { error == nil || $0.element?.header.error?.code == error }
        return JobsPage(
            queue: queue.rawValue, place: place.rawValue, error: error, jobs: found.prefix(100).map(Self.row))
    }

    static func row(_ job: QueuedJob) -> JobRow {
        let header = job.element?.header
        var worker: String?
        if case .claimed(let name) = job.place { worker = name }
        return JobRow(
            id: job.id, type: job.type, attempt: Int(header?.attempt ?? 0), crashes: Int(header?.crashes ?? 0),
            error: header?.error.map { "\($0.code): \($0.text)" },
            receivedAt: header.map { PageTime(milliseconds: $0.receivedAt) },
            at: job.score.flatMap { Int64(exactly: $0.rounded()) }.map { PageTime(milliseconds: $0) }, worker: worker)
    }

    private func found(_ queue: QueueName, _ id: String) async throws -> QueuedJob {
        guard let job = try await inspector(queue).find(id) else { throw Problem.notFound }
        return job
    }

    private func job(_ call: Call) async throws -> JobPage {
        let queue = try QueuePages.queue(call)
        let job = try await found(queue, call.parameter("id"))
        let text = JobReport.text(job, reveal: false, now: PageSite.now.microseconds / 1_000)
        var fields: [PageField] = []
        var payload = ""
        for line in text.split(separator: "\n") {
            let halves = line.split(separator: ":", maxSplits: 1)
            guard halves.count == 2 else { continue }
            let value = String(halves[1]).trimmed
            if halves[0] == "payload" { payload = value } else { fields.append(PageField(String(halves[0]), value)) }
        }
        return JobPage(
            queue: queue.rawValue, place: job.place.name, id: job.id ?? "", fields: fields, payload: payload,
            isDead: job.place == .dead)
    }

    /// What would be touched.
    private func preview(_ call: Call, _ verb: DeadLettersPage.Verb) async throws -> DeadLettersPage {
        let queue = try QueuePages.queue(call)
        if let id = call.query["id"] {
            let job = try await found(queue, id)
            return DeadLettersPage(
                queue: queue.rawValue, verb: verb, count: job.place == .dead ? 1 : 0, id: id,
                examples: [Self.row(job)])
        }
        let error = call.query["error"]
        let count = try await count(queue, error)
        let examples = try await inspector(queue).peek(.dead, limit: 200)
            .filter { error == nil || $0.element?.header.error?.code == error }.prefix(10).map(Self.row)
        return DeadLettersPage(queue: queue.rawValue, verb: verb, count: count, error: error, examples: examples)
    }

    private func count(_ queue: QueueName, _ error: String?) async throws -> Int {
        try await JobReplay(keys: services.keys(queue), redis: services.redis)
            .dryRun(Self.filter(error), limit: nil).matched
    }

    // MARK: - Doing

    private func replay(_ call: Call, _ visit: Visit, _ form: FormFields) async throws -> Response {
        let queue = try QueuePages.queue(call)
        let origin = QueuePages.name(visit)
        if let id = form["id"] {
            try await Self.told {
                try await JobReplay(keys: services.keys(queue), redis: services.redis)
                    .retry(try await found(queue, id))
            }
            let actor = visit.actor
            try await services.database.withTransaction { session in
                try OperatorAudit.write("queue.retry", subject: id, by: actor, in: session)
            }
        } else {
            try await check(queue, form)
            let replay = AuditedReplay(
                keys: services.keys(queue), redis: services.redis, database: services.database, origin: origin)
            _ = try await replay.run(Self.filter(form["error"]), limit: Int(form["expected"] ?? ""), rate: nil)
        }
        return site.redirect("/app/queues/\(queue.rawValue)/jobs?place=dead")
    }

    private func discard(_ call: Call, _ visit: Visit, _ form: FormFields) async throws -> Response {
        let queue = try QueuePages.queue(call)
        let job: QueuedJob?
        if let id = form["id"] { job = try await found(queue, id) } else { job = nil }
        if job == nil { try await check(queue, form) }
        let reason = String((form["reason"] ?? "").trimmed.prefix(200))
        let connection = try await services.connect()
        do {
            let archive = JobArchive(
                keys: services.keys(queue), redis: services.redis, database: connection,
                origin: "\(QueuePages.name(visit)) \(reason)")
            try await Self.told {
                if let job {
                    _ = try await archive.discard(job)
                } else {
                    _ = try await archive.run(
                        Self.filter(form["error"]), purpose: .discard, limit: Int(form["expected"] ?? ""))
                }
            }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return site.redirect("/app/queues/\(queue.rawValue)/jobs?place=dead")
    }

    /// More jobs than were shown are not touched.
    private func check(_ queue: QueueName, _ form: FormFields) async throws {
        guard let expected = Int(form["expected"] ?? ""), expected > 0 else {
            throw Problem.badRequest("Go back and look again: the form does not say how many jobs are meant.")
        }
        let now = try await count(queue, form["error"].flatMap { $0.isEmpty ? nil : $0 })
        guard now == expected else {
            throw Problem(
                .conflict, "changed", "The dead jobs have changed.",
                detail: "There are \(now) now, and \(expected) were shown. Look again.")
        }
    }

    private static func told(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as AdministrationError {
            throw Problem(.conflict, "not_now", "This cannot be done now.", detail: error.description)
        }
    }
}
