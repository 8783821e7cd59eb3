internal import HTTPTypes
internal import Hummingbird
internal import JobQueue
internal import Outbound
internal import OutboundLanes
internal import Postgres
internal import QueueAdministration
internal import Tenants

/// `/api/admin`: for operators.
struct AdminAPI: Sendable {
    private let services: ConsoleServices
    private let access: Access

    init(_ services: ConsoleServices, _ access: Access) {
        self.services = services
        self.access = access
    }

    var routes: [Route] {
        [
            Route(.get, "/api/admin/tenants") { call in try await tenants(call) },
            Route(.post, "/api/admin/tenants/{id}/sign-in-links") { call in try await link(call) },
            Route(.get, "/api/admin/queues") { call in try await queues(call) },
        ]
    }

    private func tenants(_ call: Call) async throws -> Response {
        _ = try await access.operator(call)
        let limit = try call.limit(default: 100)
        var after: Int64 = 0
        if let text = call.query["after"] {
            guard let id = Int64(text) else {
                throw Problem.badRequest("after: expected the next of an earlier answer")
            }
            after = id
        }
        let start = TenantID(after)
        let found = try await services.database.withTransaction { session in
            try TenantStore.list(after: start, limit: limit + 1, in: session)
        }
        let shown = found.prefix(limit)
        let next = found.count > limit ? shown.last.map { String($0.id.value) } : nil
        return Answer.json(.object([("tenants", .list(shown.map(Self.json))), ("next", .orNull(next))]))
    }

    /// For the business's own dashboard: it sends its user over with it.
    private func link(_ call: Call) async throws -> Response {
        let actor = try await access.operator(call)
        guard let id = Int64(call.parameter("id")) else { throw Problem.notFound }
        let sessions = SessionStore(prefix: services.prefix, redis: services.redis)
        let link = try await SignInLinks(services: services, sessions: sessions)
            .make(for: TenantID(id), by: actor, site: call.request.head.authority ?? "")
        return Answer.json(
            .object([("url", .text(link.url)), ("expires_at", .text(UTCTime.text(link.expiresAt)))]), .created)
    }

    private func queues(_ call: Call) async throws -> Response {
        _ = try await access.operator(call)
        var queues: [JSONOutput] = []
        var workers: [JSONOutput] = []
        for queue in QueueName.allCases {
            let inspector = QueueInspector(keys: services.keys(queue), redis: services.redis)
            let note = try await QueuePause(keys: services.keys(queue), redis: services.redis).note()
            queues.append(QueueReport.json(queue, try await inspector.stats(), pause: note))
            workers += QueueReport.json(try await inspector.workers())
        }
        let lanes = try await services.lanes.list().map(LaneListing.json)
        return Answer.json(
            .object([("queues", .list(queues)), ("workers", .list(workers)), ("lanes", .list(lanes))]))
    }

    private static func json(_ tenant: TenantSummary) -> JSONOutput {
        .object([
            ("id", .text(String(tenant.id.value))), ("name", .text(tenant.name)),
            ("created_at", .text(UTCTime.text(tenant.createdAt))),
            ("disabled_at", .orNull(tenant.disabledAt.map(UTCTime.text))),
            (
                "number",
                tenant.number.map { number in
                    .object([
                        ("phone_number_id", .text(number.phoneNumberID)), ("waba_id", .orNull(number.wabaID)),
                        ("is_active", .bool(number.isActive)), ("status", .text(number.status)),
                        ("status_reason", .orNull(number.statusReason)),
                    ])
                } ?? .null
            ),
        ])
    }
}
