internal import ConsolePages
internal import GraphClient
internal import HTTPTypes
internal import Hummingbird
internal import Postgres
internal import SendPolicy
internal import Tenants

/// `/app/whatsapp`: a tenant's settings.
struct SettingsPages: Sendable {
    /// In the order of an index: where a tenant has none, nobody else's rows are gone through.
    private static let firstWebhook: PostgresStatement = """
        select min(created_at) from (
            (select created_at from whatsapp_messages where tenant_id = $1 and direction = 'inbound'
                order by wamid limit 1)
            union all (select created_at from whatsapp_message_statuses where tenant_id = $1 order by wamid limit 1)
        ) s
        """

    let site: PageSite
    private var service: ConfigService { ConfigService(services: site.services) }

    init(site: PageSite) { self.site = site }

    var routes: [Route] {
        [
            site.tenant(.get, "/app/whatsapp") { call, visit, _ in
                try await show(visit, notice: call.query["done"].flatMap(Self.notice))
            },
            site.tenant(.post, "/app/whatsapp") { _, visit, form in try await save(visit, form) },
            site.tenant(.post, "/app/whatsapp/test") { _, visit, _ in try await test(visit) },
            site.tenant(.get, "/app/whatsapp/remove") { _, visit, _ in
                guard let config = try await service.load(visit.caller) else { throw Problem.notFound }
                let page = ConfirmationPage(
                    title: "Remove this number?",
                    explanation: [
                        "The number \(config.phoneNumberID) and its token are removed. Nothing more is sent.",
                        "Conversations stay.",
                    ], action: "/app/whatsapp/remove", button: "Remove the number",
                    fields: [PageField("version", String(config.version))], cancel: "/app/whatsapp")
                return site.html(site.pages.confirmation(page, in: visit.frame()))
            },
            site.tenant(.post, "/app/whatsapp/remove") { _, visit, form in
                try await remove(visit, form)
                return site.redirect("/app/whatsapp?done=removed")
            },
        ]
    }

    private static func notice(_ done: String) -> PageNotice? {
        switch done {
        case "saved": PageNotice(kind: .good, text: "Saved.")
        case "removed": PageNotice(kind: .good, text: "The number was removed.")
        case _: nil
        }
    }

    private func show(
        _ visit: TenantVisit, notice: PageNotice? = nil, test: ConnectionTest? = nil, webhooks: WebhookCheck? = nil
    ) async throws -> Response {
        var page = try await page(visit)
        page.test = test
        if let test {
            page.steps.tokenWorks = if case .good = test { .done(nil) } else { .notDone }
        }
        if let webhooks {
            page.steps.subscribedApps = webhooks.apps
            page.steps.subscriptionAdvice = webhooks.explanation
            switch webhooks.isSubscribed {
            case true?: page.steps.numberSubscribed = .done(nil)
            case false?: page.steps.numberSubscribed = .notDone
            case nil: break
            }
        }
        return site.html(site.pages.settings(page, in: visit.frame(notice)))
    }

    private func page(_ visit: TenantVisit) async throws -> SettingsPage {
        let config = try await service.load(visit.caller)
        let tenant = visit.tenant
        let seen = try await visit.database.withTransaction { session in
            try session.execute(Self.firstWebhook, [.int8(tenant.value)]).only().optionalMicroseconds(0)
        }
        let webhook = site.services.configuration.webhookURL
        var steps = SetUpSteps()
        if let seen {
            steps.firstWebhookSeen = .done(PageTime(microseconds: seen))
            steps.numberSubscribed = .done(nil)
        }
        guard let config else { return SettingsPage(chip: .notSetUp, webhookURL: webhook, steps: steps) }
        // It was saved only because Meta confirmed it.
        steps.tokenWorks =
            config.status == "paused" ? .notDone : .done(PageTime(microseconds: config.accessToken.setAt))
        let waiting = try await service.waiting(config.phoneNumberID, visit.caller)
        return SettingsPage(
            version: String(config.version), phoneNumberID: config.phoneNumberID, wabaID: config.wabaID ?? "",
            displayPhoneNumber: config.displayPhoneNumber,
            token: TokenMark(
                last4: config.accessToken.last4 ?? "", setAt: PageTime(microseconds: config.accessToken.setAt),
                setBy: config.accessToken.setBy), isActive: config.isActive,
            throttlePerSecond: String(config.throttlePerSecond), templateName: config.template?.name ?? "",
            templateLanguage: config.template?.language ?? "", defaultBody: config.defaultBody ?? "",
            linkHosts: config.linkHosts, chip: Self.chip(config), waiting: Int(waiting), webhookURL: webhook,
            steps: steps)
    }

    static func chip(_ config: TenantConfig) -> StatusChip {
        if config.status == "paused" {
            return .paused(
                reason: config.statusReason ?? "token rejected",
                advice: "Save a working access token; sending then goes on by itself.")
        }
        return config.isActive ? .active : .inactive
    }

    /// What somebody else changed since the question was shown is not removed.
    private func remove(_ visit: TenantVisit, _ form: FormFields) async throws {
        guard let version = Int64(form["version"] ?? "") else {
            throw Problem.badRequest("Load the page again, then remove the number.")
        }
        do {
            _ = try await service.remove(by: visit.caller, expectedVersion: version)
        } catch ConfigError.versionConflict {
            throw Problem(
                .conflict, "version_conflict", "Somebody else changed the settings.",
                detail: "Look at them once more, then remove the number if you still want to.")
        }
    }

    private func test(_ visit: TenantVisit) async throws -> Response {
        let found: ConfigService.Check?
        do {
            found = try await service.test(visit.caller)
        } catch is SealedValueError {
            return try await show(
                visit,
                test: .problem(what: "The stored token cannot be opened", advice: "Save the access token again."))
        }
        guard let check = found else { throw Problem.notFound }
        switch check.result {
        case .found(let number):
            return try await show(
                visit,
                test: .good(
                    name: number.verifiedName, displayNumber: number.displayPhoneNumber, quality: number.qualityRating),
                webhooks: check.webhooks)
        case .refused(let refusal):
            return try await show(visit, test: .problem(what: refusal.rule.title, advice: refusal.rule.advice))
        case .unreachable:
            return try await show(
                visit, test: .problem(what: "Meta does not answer", advice: "Try again in a moment."))
        }
    }

    private func save(_ visit: TenantVisit, _ form: FormFields) async throws -> Response {
        let typed = SettingsForm(form)
        do {
            let expected = Int64(form["version"] ?? "") ?? 0
            _ = try await service.save(
                try typed.change(), by: visit.caller, expectedVersion: expected)
            return site.redirect("/app/whatsapp?done=saved")
        } catch let error as ConfigRefusal {
            return try await refuse(visit, typed, error.field, error.words)
        } catch let error as ConfigError {
            switch error {
            case .versionConflict:
                return try await refuse(
                    visit, typed, "", "Somebody else changed the settings meanwhile. Load the page again.", .conflict)
            case .phoneNumberTaken:
                return try await refuse(
                    visit, typed, "phone_number_id", "Another business has this number.", .conflict)
            case .unknownTenant: throw Problem.notFound
            case .missing(let field):
                return try await refuse(visit, typed, field: field, rule: "is missing; a number is set up with it")
            case .invalid(let field, let rule): return try await refuse(visit, typed, field: field, rule: rule)
            case .tokenUnreadable:
                return try await refuse(
                    visit, typed, field: "access_token", rule: "the stored one cannot be opened; paste it again")
            }
        }
    }

    /// - Parameter field: as the API calls it.
    private func refuse(
        _ visit: TenantVisit, _ typed: SettingsForm, field: String, rule: String
    ) async throws -> Response {
        try await refuse(
            visit, typed, SettingsForm.name(of: field), FieldWords.text(SettingsLabels.label(of: field), rule))
    }

    private func refuse(
        _ visit: TenantVisit, _ typed: SettingsForm, _ field: String, _ text: String,
        _ status: HTTPResponse.Status = .unprocessableContent
    ) async throws -> Response {
        var page = try await page(visit)
        typed.fill(&page)
        page.problems = [FieldProblem(field: field, text: text)]
        return site.html(site.pages.settings(page, in: visit.frame()), status)
    }
}
