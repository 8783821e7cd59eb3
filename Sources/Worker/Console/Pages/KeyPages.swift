internal import ConsolePages
internal import HTTPTypes
internal import Hummingbird
internal import Postgres
internal import Tenants

/// `/app/whatsapp/keys`: a tenant's API keys.
struct KeyPages: Sendable {
    private static let shownRevoked = 50

    let site: PageSite

    var routes: [Route] {
        [
            site.tenant(.get, "/app/whatsapp/keys") { _, visit, _ in try await show(visit) },
            site.tenant(.post, "/app/whatsapp/keys") { _, visit, _ in
                try visit.caller.checkHasKey()
                let caller = visit.caller
                let created = try await visit.database.withTransaction { session in
                    try APIKeyStore.create(for: caller.tenant, with: caller.keyID, by: caller.actor, in: session)
                }
                guard let created else { throw Problem.unauthorized }
                return try await show(visit, fresh: created.key.reveal())
            },
            site.tenant(.get, "/app/whatsapp/keys/{id}/rotate") { call, visit, _ in
                try visit.caller.checkHasKey()
                let id = try await validKey(call, visit)
                let page = ConfirmationPage(
                    title: "Rotate this key?",
                    explanation: ["A new key takes its place. Whatever still uses the old one stops working at once."],
                    action: "/app/whatsapp/keys/\(id)/rotate",
                    button: "Rotate the key", cancel: "/app/whatsapp/keys")
                return site.html(site.pages.confirmation(page, in: visit.frame()))
            },
            site.tenant(.post, "/app/whatsapp/keys/{id}/rotate") { call, visit, _ in
                try visit.caller.checkHasKey()
                let caller = visit.caller
                guard let id = Int64(call.parameter("id")) else { throw Problem.notFound }
                let fresh = try await visit.database.withTransaction { session in
                    try APIKeyStore.replace(
                        id, of: caller.tenant, with: caller.keyID, by: caller.actor, in: session)?.key.reveal()
                }
                guard let fresh else { throw Problem.notFound }
                return try await show(visit, fresh: fresh)
            },
            site.tenant(.get, "/app/whatsapp/keys/{id}/revoke") { call, visit, _ in
                let id = try await validKey(call, visit)
                let page = ConfirmationPage(
                    title: "Revoke this key?", explanation: ["Whatever still uses it stops working at once."],
                    action: "/app/whatsapp/keys/\(id)/revoke",
                    button: "Revoke the key", cancel: "/app/whatsapp/keys")
                return site.html(site.pages.confirmation(page, in: visit.frame()))
            },
            site.tenant(.post, "/app/whatsapp/keys/{id}/revoke") { call, visit, _ in
                let (tenant, actor) = (visit.tenant, visit.actor)
                guard let id = Int64(call.parameter("id")) else { throw Problem.notFound }
                let revoked = try await visit.database.withTransaction { session in
                    try APIKeyStore.revoke(id, of: tenant, by: actor, in: session)
                }
                guard revoked else { throw Problem.notFound }
                return site.redirect("/app/whatsapp/keys")
            },
        ]
    }

    /// The id of the key that the path names, if the tenant has it and it opens something.
    private func validKey(_ call: Call, _ visit: TenantVisit) async throws -> Int64 {
        let tenant = visit.tenant
        guard let id = Int64(call.parameter("id")), id > 0 else { throw Problem.notFound }
        let found = try await visit.database.withTransaction { session in
            try APIKeyStore.list(of: tenant, after: id - 1, limit: 1, in: session).first
        }
        guard let found, found.id == id, found.revokedAt == nil else { throw Problem.notFound }
        return id
    }

    private func show(_ visit: TenantVisit, fresh: String? = nil) async throws -> Response {
        let tenant = visit.tenant
        let keys = try await visit.database.withTransaction { session in
            try APIKeyStore.current(of: tenant, revoked: Self.shownRevoked, in: session)
        }
        let rows = keys.map { key in
            APIKeyRow(
                id: String(key.id), last4: key.last4, createdAt: PageTime(microseconds: key.createdAt),
                createdBy: key.createdBy, revokedAt: key.revokedAt.map { PageTime(microseconds: $0) })
        }
        return site.html(
            site.pages.apiKeys(
                APIKeysPage(
                    keys: rows, fresh: fresh, mayMake: visit.caller.keyID != nil, most: APIKeyStore.mostKeys),
                in: visit.frame()))
    }
}
