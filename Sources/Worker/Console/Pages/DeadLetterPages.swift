internal import ConsolePages
internal import HTTPTypes
internal import Hummingbird
internal import JobQueue
internal import Postgres
internal import QueueAdministration
internal import Tenants

/// `/app/queues/<queue>/…`: one job, and what is done with dead ones, after a preview.
struct DeadLetterPages: Sendable {
    private static let path = "/app/queues/{queue}"

    private let site: PageSite
    private let reader: OperatorPageReader

    init(site: PageSite, reader: OperatorPageReader) {
        self.site = site
        self.reader = reader
    }

    var routes: [Route] {
        [
            site.operators(.get, Self.path + "/jobs") { call, visit, _ in
                let query = call.query
                guard let place = PeekedState(rawValue: query["place"] ?? "ready") else { throw Problem.notFound }
                let page = try await reader.jobs(
                    try Self.queue(call), place: place, error: Self.filled(query["error"]), after: try call.jobCursor())
                return site.html(site.pages.jobs(page, in: visit.frame()))
            },
            site.operators(.get, Self.path + "/jobs/{id}") { call, visit, _ in
                let place = call.query["place"].flatMap(PeekedState.init(rawValue:))
                let cursor = try call.jobCursor()
                let page = try await reader.job(
                    try Self.queue(call), id: call.parameter("id"), seenIn: place.map { ($0, cursor) })
                guard let page else { throw Problem.notFound }
                return site.html(site.pages.job(page, in: visit.frame()))
            },
            site.operators(.get, Self.path + "/replay") { call, visit, _ in try await preview(call, .replay, visit) },
            site.operators(.get, Self.path + "/discard") { call, visit, _ in try await preview(call, .discard, visit) },
            site.operators(.post, Self.path + "/replay") { call, visit, form in
                try await replay(try Self.queue(call), form, visit)
                return site.redirect("/app/queues?done=replayed")
            },
            site.operators(.post, Self.path + "/discard") { call, visit, form in
                try await discard(try Self.queue(call), form, visit)
                return site.redirect("/app/queues?done=discarded")
            },
        ]
    }

    private func preview(_ call: Call, _ verb: DeadLettersPage.Verb, _ visit: OperatorVisit) async throws -> Response {
        let query = call.query
        let page = try await reader.deadLetters(
            try Self.queue(call), verb, error: Self.filled(query["error"]), id: Self.filled(query["id"]))
        return site.html(site.pages.deadLetters(page, in: visit.frame()))
    }

    /// What died after the preview was shown is left: at most as many as it said, the oldest first.
    private func replay(_ queue: QueueName, _ form: FormFields, _ visit: OperatorVisit) async throws {
        let (keys, redis) = (site.services.keys(queue), site.services.redis)
        if let id = Self.filled(form["id"]) {
            let job = try await dead(id, in: queue)
            try await audit("queue.retry", [("queue", .text(queue.rawValue)), ("id", .text(id))], visit)
            try await JobReplay(keys: keys, redis: redis).retry(job)
            return
        }
        let filter = OperatorPageReader.filter(error: Self.filled(form["error"]))
        _ = try await AuditedReplay(
            keys: keys, redis: redis, database: visit.database, origin: Self.origin(visit)
        ).run(filter, limit: try Self.expected(form), rate: nil)
    }

    private func discard(_ queue: QueueName, _ form: FormFields, _ visit: OperatorVisit) async throws {
        let (keys, redis) = (site.services.keys(queue), site.services.redis)
        let reason = (form["reason"] ?? "").trimmed
        guard !reason.isEmpty, reason.utf8.count <= 1_000 else {
            throw Problem.badRequest("Say why, in up to 1000 bytes.")
        }
        let id = Self.filled(form["id"])
        let filter = OperatorPageReader.filter(error: Self.filled(form["error"]))
        let limit = try Self.expected(form)
        let job: QueuedJob? = if let id { try await dead(id, in: queue) } else { nil }
        // The archive writes down what it did; why it was done stands here.
        try await audit("queue.discard.begin", [("queue", .text(queue.rawValue)), ("reason", .text(reason))], visit)
        try await visit.caller.withOwnConnection { connection in
            let archive = JobArchive(keys: keys, redis: redis, database: connection, origin: Self.origin(visit))
            if let job {
                _ = try await archive.discard(job)
            } else {
                _ = try await archive.run(filter, purpose: .discard, limit: limit)
            }
        }
    }

    private func dead(_ id: String, in queue: QueueName) async throws -> QueuedJob {
        let inspector = QueueInspector(keys: site.services.keys(queue), redis: site.services.redis)
        guard let job = try await inspector.find(id), job.place == .dead else { throw Problem.notFound }
        return job
    }

    private func audit(_ action: String, _ members: [(String, JSONOutput)], _ visit: OperatorVisit) async throws {
        let entry = AuditEntry(action: action, detail: .object(members), origin: Self.origin(visit))
        try await visit.database.withTransaction { session in try entry.write(in: session) }
    }

    private static func origin(_ visit: OperatorVisit) -> String { "console:\(visit.actor.origin)" }

    private static func queue(_ call: Call) throws(Problem) -> QueueName {
        guard let queue = QueueName(rawValue: call.parameter("queue")) else { throw .notFound }
        return queue
    }

    private static func expected(_ form: FormFields) throws(Problem) -> Int {
        guard let count = Int(form["expected"] ?? ""), count > 0 else {
            throw .badRequest("Load the preview again.")
        }
        return count
    }

    /// Nil for what was left empty.
    private static func filled(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
}

extension Call {
    /// The cursor in `after`; nil: from the first on.
    func jobCursor() throws(Problem) -> JobCursor? {
        guard let text = query["after"] else { return nil }
        guard let cursor = JobCursor(text) else { throw .badRequest("after: expected the next of an earlier answer") }
        return cursor
    }
}
