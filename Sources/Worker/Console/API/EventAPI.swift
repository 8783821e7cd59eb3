internal import Conversations
internal import HTTPTypes
internal import Hummingbird
internal import Postgres
internal import Tenants

/// `GET /api/whatsapp/events`: what happened, in the order in which it was committed.
struct EventAPI: Sendable {
    private let access: Access

    init(_ access: Access) { self.access = access }

    var routes: [Route] {
        [Route(.get, "/api/whatsapp/events") { call in try await events(call) }]
    }

    private func events(_ call: Call) async throws -> Response {
        let caller = try await access.tenant(call)
        let limit = try call.limit(default: 100)
        var after: Int64 = 0
        if let text = call.query["after"] {
            guard let cursor = Int64(text), cursor >= 0 else {
                throw Problem.badRequest("after: expected the next of an earlier answer, or 0")
            }
            after = cursor
        }
        let start = after
        let page = try await caller.database.withTransaction { session in
            try EventFeed.page(tenant: caller.tenant.value, after: start, limit: limit, in: session)
        }
        return Answer.json(page.json)
    }
}
