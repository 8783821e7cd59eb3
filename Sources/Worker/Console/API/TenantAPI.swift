internal import HTTPTypes
internal import Hummingbird
internal import Outbound
internal import Postgres
internal import QueueAdministration
internal import Tenants

/// `/api/admin/tenants`: operators create tenants, give keys and sign-in links.
struct TenantAPI: Sendable {
    private static let path = "/api/admin/tenants"

    let services: ConsoleServices
    let access: Access

    var routes: [Route] {
        [
            access.operator(.get, Self.path) { call, caller in try await list(call, caller) },
            access.operator(.post, Self.path) { call, caller in try await create(call, caller) },
            access.operator(.post, Self.path + "/{id}/sign-in-links") { call, caller in try await link(call, caller) },
            access.operator(.post, Self.path + "/{id}/keys") { call, caller in
                let tenant = try Self.tenant(call)
                let created = try await caller.database.withTransaction { session in
                    try APIKeyStore.create(for: tenant, by: caller.actor, in: session)
                }
                guard let created else { throw Problem.notFound }
                return Answer.json(KeyAPI.json(created), .created)
            },
        ]
    }

    private static func tenant(_ call: Call) throws(Problem) -> TenantID {
        guard let id = Int64(call.parameter("id")) else { throw .notFound }
        return TenantID(id)
    }

    private func list(_ call: Call, _ caller: OperatorCaller) async throws -> Response {
        let limit = try call.limit(default: 100)
        let after = TenantID(try call.idAfter())
        let found = try await caller.database.withTransaction { session in
            try TenantStore.list(after: after, limit: limit + 1, in: session)
        }
        let shown = found.prefix(limit)
        let next = found.count > limit ? shown.last.map { String($0.id.value) } : nil
        return Answer.json(.object([("tenants", .list(shown.map(Self.json))), ("next", .orNull(next))]))
    }

    /// With a number, which an operator vouches for (Meta is not asked), or without: then the tenant sets it up.
    private func create(_ call: Call, _ caller: OperatorCaller) async throws -> Response {
        let order = try TenantBody.read(try await call.body())
        let (sealer, actor) = (services.sealer, caller.actor)
        let created: CreatedTenant
        do {
            created = try await caller.database.withTransaction { session in
                switch order {
                case .name(let name): try TenantStore.create(name, by: actor, in: session)
                case .withNumber(let tenant): try TenantStore.create(tenant, sealer: sealer, by: actor, in: session)
                }
            }
        } catch let error as TenantError {
            var problem = Problem(
                .conflict, "number_taken", "Another business has this number.", detail: error.description)
            problem.fields = [
                Problem.Field(name: "phone_number_id", code: "number_taken", detail: "belongs to another tenant")
            ]
            throw problem
        }
        return Answer.json(
            .object([
                ("id", .text(String(created.id.value))), ("api_key", .text(created.apiKey.reveal())),
            ]), .created)
    }

    /// For the business's own dashboard: it sends its user over with it.
    private func link(_ call: Call, _ caller: OperatorCaller) async throws -> Response {
        let tenant = try Self.tenant(call)
        let sessions = services.sessions
        let link = try await SignInLinks(services: services, sessions: sessions)
            .make(for: tenant, by: caller, site: call.request.head.authority ?? "")
        return Answer.json(
            .object([("url", .text(link.url)), ("expires_at", .text(UTCTime.text(link.expiresAt)))]), .created)
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

extension Call {
    /// The id in `after` behind which a page begins; 0: from the first on.
    func idAfter() throws(Problem) -> Int64 {
        guard let text = query["after"] else { return 0 }
        guard let id = Int64(text), id >= 0 else {
            throw .badRequest("after: expected the next of an earlier answer")
        }
        return id
    }
}
