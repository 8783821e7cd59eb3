internal import HTTPTypes
internal import Hummingbird
internal import Outbound
internal import Postgres
internal import QueueAdministration
internal import Tenants

/// `/api/whatsapp/keys`: a tenant's API keys. A key is shown once, in the answer that made it.
struct KeyAPI: Sendable {
    private static let path = "/api/whatsapp/keys"

    let access: Access

    var routes: [Route] {
        [
            access.tenant(.get, Self.path) { call, caller in try await list(call, caller) },
            access.tenant(.post, Self.path) { call, caller in
                try caller.checkHasKey()
                let created = try await caller.database.withTransaction { session in
                    try APIKeyStore.create(for: caller.tenant, with: caller.keyID, by: caller.actor, in: session)
                }
                guard let created else { throw Problem.unauthorized }
                return Answer.json(Self.json(created), .created)
            },
            access.tenant(.post, Self.path + "/{id}/rotate") { call, caller in
                try caller.checkHasKey()
                let id = try Self.id(call)
                let created = try await caller.database.withTransaction { session in
                    try APIKeyStore.replace(
                        id, of: caller.tenant, with: caller.keyID, by: caller.actor, in: session)
                }
                guard let created else { throw Problem.notFound }
                return Answer.json(Self.json(created), .created)
            },
            access.tenant(.delete, Self.path + "/{id}") { call, caller in
                let id = try Self.id(call)
                let revoked = try await caller.database.withTransaction { session in
                    try APIKeyStore.revoke(id, of: caller.tenant, by: caller.actor, in: session)
                }
                guard revoked else { throw Problem.notFound }
                return Answer.empty()
            },
        ]
    }

    private static func id(_ call: Call) throws(Problem) -> Int64 {
        guard let id = Int64(call.parameter("id")) else { throw .notFound }
        return id
    }

    private func list(_ call: Call, _ caller: TenantCaller) async throws -> Response {
        let limit = try call.limit(default: 100)
        let after = try call.idAfter()
        let found = try await caller.database.withTransaction { session in
            try APIKeyStore.list(of: caller.tenant, after: after, limit: limit + 1, in: session)
        }
        let shown = found.prefix(limit)
        let next = found.count > limit ? shown.last.map { String($0.id) } : nil
        return Answer.json(.object([("keys", .list(shown.map(Self.json))), ("next", .orNull(next))]))
    }

    private static func json(_ key: APIKeyStore.Summary) -> JSONOutput {
        .object([
            ("id", .text(String(key.id))), ("last4", .text(key.last4)),
            ("created_at", .text(UTCTime.text(key.createdAt))), ("created_by", .text(key.createdBy)),
            ("revoked_at", .orNull(key.revokedAt.map(UTCTime.text))),
        ])
    }

    static func json(_ created: APIKeyStore.Created) -> JSONOutput {
        .object([
            ("id", .text(String(created.id))), ("key", .text(created.key.reveal())),
            ("last4", .text(created.key.last4)),
        ])
    }
}
