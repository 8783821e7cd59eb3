internal import ConsolePages
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Outbound
internal import Postgres
internal import Tenants

/// `/app/queues/tenants`: operators create tenants, give keys and links, and switch tenants off.
struct TenantPages: Sendable {
    private static let path = "/app/queues/tenants"
    private static let rowsPerPage = 50
    private static let waiting: PostgresStatement = """
        select tenant_id, count(*) from whatsapp_messages where status = 'queued' group by tenant_id
        """

    let site: PageSite

    var routes: [Route] {
        [
            site.operators(.get, Self.path) { call, visit, _ in try await show(call, visit) },
            site.operators(.post, Self.path) { call, visit, form in try await create(call, visit, form) },
            site.operators(.post, Self.path + "/{id}/sign-in-link") { call, visit, _ in
                try await link(call, visit)
            },
            site.operators(.post, Self.path + "/{id}/key") { call, visit, _ in
                let (tenant, actor) = (try Self.tenant(call), visit.actor)
                let created = try await visit.database.withTransaction { session in
                    try APIKeyStore.create(for: tenant, by: actor, in: session)
                }
                guard let created else { throw Problem.notFound }
                return try await show(call, visit, fresh: Self.fresh(created.key))
            },
            site.operators(.get, Self.path + "/{id}/disable") { call, visit, _ in
                let tenant = try Self.tenant(call)
                let page = ConfirmationPage(
                    title: "Switch tenant \(tenant) off?",
                    explanation: [
                        "Its keys open nothing and nothing is sent for it. What comes in is stored as always."
                    ], action: "\(Self.path)/\(tenant)/disable", button: "Switch it off", cancel: Self.path)
                return site.html(site.pages.confirmation(page, in: visit.frame()))
            },
            site.operators(.post, Self.path + "/{id}/disable") { call, visit, _ in
                let (tenant, actor) = (try Self.tenant(call), visit.actor)
                let done = try await visit.database.withTransaction { session in
                    try TenantStore.disable(tenant, by: actor, in: session)
                }
                guard done != nil else { throw Problem.notFound }
                return site.redirect(Self.path)
            },
        ]
    }

    private static func tenant(_ call: Call) throws(Problem) -> TenantID {
        guard let id = Int64(call.parameter("id")) else { throw .notFound }
        return TenantID(id)
    }

    private static func fresh(_ key: APIKey) -> FreshSecret {
        FreshSecret(
            title: "New API key", value: key.reveal(),
            advice: "The business signs in with it, and its programs use it. It is shown this once.")
    }

    private func show(
        _ call: Call, _ visit: OperatorVisit, fresh: FreshSecret? = nil, problems: [FieldProblem] = [],
        typed: [PageField] = []
    ) async throws -> Response {
        let after = TenantID(Int64(call.query["after"] ?? "") ?? 0)
        let (found, waiting) = try await visit.database.withTransaction { session in
            var waiting: [Int64: Int] = [:]
            for row in try session.execute(Self.waiting) { waiting[try row.int64(0)] = Int(try row.int64(1)) }
            return (try TenantStore.list(after: after, limit: Self.rowsPerPage + 1, in: session), waiting)
        }
        let shown = found.prefix(Self.rowsPerPage)
        let page = TenantsPage(
            tenants: shown.map { tenant in
                TenantRow(
                    id: String(tenant.id.value), name: tenant.name, phoneNumberID: tenant.number?.phoneNumberID,
                    chip: Self.chip(tenant.number), waiting: waiting[tenant.id.value] ?? 0,
                    createdAt: PageTime(microseconds: tenant.createdAt), isDisabled: tenant.disabledAt != nil)
            }, next: found.count > Self.rowsPerPage ? shown.last.map { String($0.id.value) } : nil, fresh: fresh,
            problems: problems, typed: typed)
        return site.html(
            site.pages.tenants(page, in: visit.frame()), problems.isEmpty ? .ok : .unprocessableContent)
    }

    private static func chip(_ number: TenantSummary.Number?) -> StatusChip {
        guard let number else { return .notSetUp }
        if number.status == "paused" { return .paused(reason: number.statusReason ?? "token rejected", advice: "") }
        return number.isActive ? .active : .inactive
    }

    private func link(_ call: Call, _ visit: OperatorVisit) async throws -> Response {
        let tenant = try Self.tenant(call)
        let link = try await SignInLinks(services: site.services, sessions: site.sessions)
            .make(for: tenant, by: visit.caller, site: call.header(.known("Host")) ?? call.request.head.authority ?? "")
        return try await show(
            call, visit,
            fresh: FreshSecret(
                title: "Sign-in link", value: link.url, advice: "It opens this tenant's console once, within 5 minutes."
            ))
    }

    private func create(_ call: Call, _ visit: OperatorVisit, _ form: FormFields) async throws -> Response {
        let typed = ["name", "phone_number_id", "waba_id"].map { PageField($0, (form[$0] ?? "").trimmed) }
        let token = (form["access_token"] ?? "").trimmed
        func refuse(_ field: String, _ text: String) async throws -> Response {
            try await show(call, visit, problems: [FieldProblem(field: field, text: text)], typed: typed)
        }
        guard let name = TenantName(typed[0].value) else {
            return try await refuse("name", "Give the business a name: \(TenantName.expectation).")
        }
        let (actor, sealer) = (visit.actor, site.services.sealer)
        guard !typed[1].value.isEmpty || !token.isEmpty else {
            let created = try await visit.database.withTransaction { session in
                try TenantStore.create(name, by: actor, in: session)
            }
            return try await show(call, visit, fresh: Self.fresh(created.apiKey))
        }
        guard let number = PhoneNumberID(typed[1].value) else {
            return try await refuse("phone_number_id", "The phone number ID: \(PhoneNumberID.expectation).")
        }
        let account = WABAID(typed[2].value)
        guard account != nil || typed[2].value.isEmpty else {
            return try await refuse("waba_id", "The WABA ID: \(WABAID.expectation).")
        }
        guard let accessToken = AccessToken(token) else {
            return try await refuse(
                "access_token", "A number needs its access token: \(AccessToken.expectation).")
        }
        let tenant = NewTenant(name: name, phoneNumberID: number, wabaID: account, accessToken: accessToken)
        do {
            let created = try await visit.database.withTransaction { session in
                try TenantStore.create(tenant, sealer: sealer, by: actor, in: session)
            }
            return try await show(call, visit, fresh: Self.fresh(created.apiKey))
        } catch let error as TenantError {
            switch error {
            case .phoneNumberTaken:
                return try await refuse("phone_number_id", "The phone number ID: another tenant has it already.")
            }
        }
    }
}
