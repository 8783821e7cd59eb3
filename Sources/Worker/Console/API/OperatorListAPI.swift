internal import ConsolePages
internal import HTTPTypes
internal import Hummingbird
internal import JobQueue
internal import NIOCore
internal import Outbound
internal import OutboundLanes
internal import Postgres
internal import QueueAdministration

/// The operators' long lists, page by page: jobs, lanes, numbers that no tenant has.
struct OperatorListAPI: Sendable {
    let services: ConsoleServices
    let access: Access

    var routes: [Route] {
        [
            access.operator(.get, "/api/admin/queues/{queue}/jobs") { call, _ in try await jobs(call) },
            access.operator(.get, "/api/admin/lanes") { call, _ in try await lanes(call) },
            access.operator(.get, "/api/admin/unrouted") { call, caller in try await unrouted(call, caller) },
        ]
    }

    private func jobs(_ call: Call) async throws -> Response {
        guard let queue = QueueName(rawValue: call.parameter("queue")) else { throw Problem.notFound }
        let query = call.query
        guard let place = PeekedState(rawValue: query["place"] ?? "ready") else {
            let places = PeekedState.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.badRequest("place: expected one of \(places)")
        }
        let error = query["error"].flatMap { $0.isEmpty ? nil : $0 }
        let limit = try call.limit(default: 100)
        let cursor = try call.jobCursor()
        let listing = try await QueueInspector(keys: services.keys(queue), redis: services.redis)
            .list(place, error: error, after: cursor, limit: limit)
        return Self.page("jobs", listing.jobs.map(Self.json), next: listing.next?.text)
    }

    private func lanes(_ call: Call) async throws -> Response {
        let limit = try call.limit(default: 100)
        let after = call.query["after"] ?? ""
        let rest = try await services.lanes.list().drop { $0.number <= after }
        let shown = rest.prefix(limit)
        return Self.page(
            "lanes", shown.map(LaneListing.json), next: rest.count > shown.count ? shown.last?.number : nil)
    }

    private func unrouted(_ call: Call, _ caller: OperatorCaller) async throws -> Response {
        let limit = try call.limit(default: 100)
        let after = call.query["after"] ?? ""
        let rows = try await caller.database.withTransaction { session in
            try UnroutedReader.list(after: after, limit: limit + 1, in: session)
        }
        let shown = rows.prefix(limit)
        let objects = shown.map { row in
            JSONOutput.object([
                ("phone_number_id", .text(row.phoneNumberID)), ("waba_id", .orNull(row.wabaID)),
                ("items", .integer(Int64(row.items))),
                ("first_at", .text(UTCTime.text(row.firstAt.microseconds))),
                ("last_at", .text(UTCTime.text(row.lastAt.microseconds))),
            ])
        }
        return Self.page(
            "numbers", objects, next: rows.count > shown.count ? shown.last?.phoneNumberID : nil)
    }

    /// Of Unix milliseconds; what no calendar of ours holds is told as its nearest end.
    private static func time(_ milliseconds: Int64) -> String {
        UTCTime.text(min(max(milliseconds, 0), 253_370_764_800_000) * 1_000)
    }

    private static func page(_ name: String, _ items: [JSONOutput], next: String?) -> Response {
        Answer.json(.object([(name, .list(items)), ("next", .orNull(next))]))
    }

    /// A job without secrets; what customers wrote is masked.
    private static func json(_ job: QueuedJob) -> JSONOutput {
        let header = job.element?.header
        var (number, worker): (String?, String?)
        switch job.place {
        case .lane(let name): number = name
        case .claimed(let id): worker = id
        case .ready, .scheduled, .dead: break
        }
        return .object([
            ("id", .orNull(job.id)), ("type", .text(job.type)), ("place", .text(job.place.name)),
            ("phone_number_id", .orNull(number)), ("worker", .orNull(worker)),
            ("attempt", .orNull(header.map { Int64($0.attempt) })),
            ("crashes", .orNull(header.map { Int64($0.crashes) })),
            ("received_at", .orNull(header.map { Self.time($0.receivedAt) })),
            ("at", .orNull(job.milliseconds.map(Self.time))),
            (
                "error",
                header?.error.map { .object([("code", .text($0.code)), ("text", .text($0.text))]) } ?? .null
            ),
            ("bytes", .integer(Int64(job.bytes.readableBytes))), ("payload", .raw(JobReport.maskedPayload(job))),
        ])
    }
}
