internal import ConsolePages
internal import HTTPTypes
internal import Hummingbird
internal import JobQueue
internal import Outbound
internal import OutboundLanes
internal import Postgres
internal import QueueAdministration
internal import RedisClient
internal import Tenants

/// `/app/queues`: what operators see of queues, lanes and jobs.
struct QueuePages: Sendable {
    private static let path = "/app/queues"
    private static let rowsPerPage = 100

    private let site: PageSite
    private let reader: OperatorPageReader
    private var services: ConsoleServices { site.services }

    init(site: PageSite, reader: OperatorPageReader) {
        self.site = site
        self.reader = reader
    }

    var routes: [Route] {
        [
            site.operators(.get, Self.path) { call, visit, _ in
                let notice = call.query["done"].flatMap(Self.notice)
                return site.html(
                    site.pages.queues(
                        try await reader.queues(visit.database, now: .now), in: visit.frame(notice)))
            },
            site.operators(.get, Self.path + "/fragment") { _, visit, _ in
                let now = PageTime.now
                return site.html(
                    site.pages.queuesFragment(
                        try await reader.queues(visit.database, now: now), now: now, csrf: visit.csrf))
            },
            site.operators(.get, Self.path + "/lanes") { call, visit, _ in
                let page = try await reader.lanes(
                    visit.database, after: call.query["after"].flatMap { $0.isEmpty ? nil : $0 })
                return site.html(site.pages.lanes(page, in: visit.frame()))
            },
            site.operators(.get, Self.path + "/unrouted") { call, visit, _ in
                let after = call.query["after"] ?? ""
                let rows = try await visit.database.withTransaction { session in
                    try UnroutedReader.list(after: after, limit: Self.rowsPerPage + 1, in: session)
                }
                let shown = Array(rows.prefix(Self.rowsPerPage))
                let page = UnroutedPage(
                    rows: shown, isFirstPage: after.isEmpty,
                    next: rows.count > shown.count ? shown.last?.phoneNumberID : nil)
                return site.html(site.pages.unrouted(page, in: visit.frame()))
            },
            site.operators(.post, Self.path + "/lanes/{number}/{act}") { call, visit, form in
                try await lane(call, visit, form)
            },
            site.operators(.post, Self.path + "/{queue}/pause") { call, visit, form in
                let reason = try Self.reason(form)
                _ = try await QueuePause(keys: services.keys(try Self.queue(call)), redis: services.redis)
                    .pause(reason: reason, by: Self.name(visit))
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

    private static func queue(_ call: Call) throws(Problem) -> QueueName {
        guard let queue = QueueName(rawValue: call.parameter("queue")) else { throw .notFound }
        return queue
    }

    /// Why it is paused, which every look at the queues shows.
    private static func reason(_ form: FormFields) throws(Problem) -> String {
        let typed = (form["reason"] ?? "").trimmed
        guard typed.utf8.count <= 1_000 else { throw .badRequest("Say why in up to 1000 bytes.") }
        return typed.isEmpty ? "paused in the console" : typed
    }

    private static func name(_ visit: OperatorVisit) -> String { "console:\(visit.actor.origin)" }

    private func audit(_ action: String, _ call: Call, _ visit: OperatorVisit) async throws {
        let subject = call.parameters["queue"] ?? call.parameters["number"] ?? ""
        let actor = visit.actor
        try await visit.database.withTransaction { session in
            try OperatorAudit.write(action, subject: subject, by: actor, in: session)
        }
    }

    private func lane(_ call: Call, _ visit: OperatorVisit, _ form: FormFields) async throws -> Response {
        guard let number = PhoneNumberID(call.parameter("number"))?.text else { throw Problem.notFound }
        let actor = visit.actor
        switch call.parameter("act") {
        case "pause":
            let reason = try Self.reason(form)
            // The lane first: that stops what is sent. Then its tenant is told why.
            try await services.lanes.pause(number: number, reason: reason, by: Self.name(visit))
            _ = try await visit.database.withTransaction { session in
                try LaneControl.pause(number, reason: reason, by: actor, in: session)
            }
        case "resume":
            // The settings first: a worker that finds them paused would pause the lane again.
            _ = try await visit.database.withTransaction { session in
                try LaneControl.resume(number, by: actor, in: session)
            }
            try await services.lanes.release(number: number)
        case _: throw Problem.notFound
        }
        return site.redirect(form["from"] == "lanes" ? Self.path + "/lanes" : Self.path)
    }

    private static func notice(_ done: String) -> PageNotice? {
        switch done {
        case "paused": PageNotice(kind: .good, text: "Paused. What comes in waits.")
        case "resumed": PageNotice(kind: .good, text: "It goes on.")
        case "replayed": PageNotice(kind: .good, text: "The jobs are back in line.")
        case "discarded": PageNotice(kind: .good, text: "The jobs are in the archive.")
        case _: nil
        }
    }
}
