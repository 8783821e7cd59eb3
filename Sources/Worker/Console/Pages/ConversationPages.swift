internal import ConsolePages
internal import HTTPTypes
internal import Hummingbird
internal import Identifiers
internal import OpenSSLKit
internal import Outbound
internal import OutboundLanes
internal import Postgres
internal import QueueAdministration
internal import Tenants

/// `/app/whatsapp/conversations`: what was said, and sending from there.
struct ConversationPages: Sendable {
    private static let path = "/app/whatsapp/conversations"
    private static let rowsPerPage = 30
    private static let messagesPerPage = 50

    let site: PageSite

    var routes: [Route] {
        [
            site.tenant(.get, Self.path) { call, visit, _ in
                site.html(site.pages.conversations(try await list(call, visit), in: visit.frame()))
            },
            site.tenant(.get, Self.path + "/fragment") { call, visit, _ in
                site.html(site.pages.conversationsFragment(try await list(call, visit), now: .now))
            },
            site.tenant(.post, Self.path) { call, visit, form in try await begin(call, visit, form) },
            site.tenant(.get, Self.path + "/{id}") { call, visit, _ in
                site.html(site.pages.thread(try await thread(call, visit), in: visit.frame()))
            },
            site.tenant(.get, Self.path + "/{id}/fragment") { call, visit, _ in
                site.html(
                    site.pages.threadFragment(try await thread(call, visit), now: .now, csrf: visit.csrf))
            },
            site.tenant(.post, Self.path + "/{id}/send") { call, visit, form in try await send(call, visit, form) },
            site.tenant(.post, "/app/whatsapp/messages/{id}/resend") { call, visit, _ in
                try await again(call, visit)
            },
            site.tenant(.post, "/app/whatsapp/messages/{id}/cancel") { call, visit, _ in
                try await cancel(call, visit)
            },
        ]
    }

    private func list(_ call: Call, _ visit: TenantVisit) async throws -> ConversationsPage {
        let before = try call.cursor { Int64($0.id) != nil }
        let query = (call.query["q"] ?? "").trimmed
        let tenant = visit.tenant
        let (rows, config) = try await visit.database.withTransaction(options: ConversationReader.listing) { session in
            (
                try ConversationReader.list(
                    tenant, search: query, before: before, limit: Self.rowsPerPage + 1, in: session),
                try ConfigStore.load(tenant, in: session)
            )
        }
        let shown = rows.prefix(Self.rowsPerPage)
        return ConversationsPage(
            query: query, rows: shown.map(Self.row),
            older: rows.count > Self.rowsPerPage ? shown.last?.cursor.text : nil, isFirstPage: before == nil,
            canSend: config?.isActive ?? false, once: try SessionStore.randomToken())
    }

    private static func row(_ row: ConversationSummary) -> ConversationRow {
        ConversationRow(
            id: String(row.id), name: row.name, number: row.address,
            preview: row.last?.isRevoked == true ? "Deleted by the sender" : row.last?.text ?? "",
            isOutbound: row.last?.isOutbound ?? false, status: row.last?.status,
            lastAt: PageTime(microseconds: row.lastAt),
            windowClosesAt: row.windowClosesAt.map { PageTime(microseconds: $0) })
    }

    private func thread(
        _ call: Call, _ visit: TenantVisit, draft: SendDraft? = nil, problem: String? = nil
    ) async throws -> ThreadPage {
        guard let id = Int64(call.parameter("id")) else { throw Problem.notFound }
        let before = try call.cursor { _ in true }
        let tenant = visit.tenant
        let found = try await visit.database.withTransaction { session in
            try ThreadReader.load(
                id, of: tenant, before: before, limit: Self.messagesPerPage + 1, in: session)
        }
        guard let found else { throw Problem.notFound }
        let shown = found.rows.prefix(Self.messagesPerPage)
        let customer = found.conversation
        return ThreadPage(
            conversationID: String(customer.id), name: customer.name, number: customer.address,
            username: customer.username, windowClosesAt: customer.windowClosesAt.map { PageTime(microseconds: $0) },
            messages: shown.reversed().compactMap { ThreadLook.message($0, in: found) },
            older: found.rows.count > Self.messagesPerPage ? shown.last?.cursor.text : nil,
            isNewestPage: before == nil, sendState: ThreadLook.state(found), once: try SessionStore.randomToken(),
            draft: draft, problem: problem, defaultBody: found.config?.defaultBody ?? TenantConfig.standardBody)
    }

    // MARK: - Sending

    private enum Sent {
        case done(conversation: String)
        case refused(String)
    }

    /// To a number that was typed.
    private func begin(_ call: Call, _ visit: TenantVisit, _ form: FormFields) async throws -> Response {
        let typed = SendForm(form)
        switch try await submit(typed, conversation: nil, visit) {
        case .done(let conversation): return site.redirect("\(Self.path)/\(conversation)")
        case .refused(let words):
            var page = try await list(call, visit)
            page.draft = typed.draft
            page.problem = words
            return site.html(site.pages.conversations(page, in: visit.frame()), .unprocessableContent)
        }
    }

    private func send(_ call: Call, _ visit: TenantVisit, _ form: FormFields) async throws -> Response {
        let typed = SendForm(form)
        guard let id = Int64(call.parameter("id")) else { throw Problem.notFound }
        switch try await submit(typed, conversation: id, visit) {
        case .done: return site.redirect("\(Self.path)/\(id)")
        case .refused(let words):
            let page = try await thread(call, visit, draft: typed.draft, problem: words)
            return site.html(site.pages.thread(page, in: visit.frame()), .unprocessableContent)
        }
    }

    private func submit(_ typed: SendForm, conversation: Int64?, _ visit: TenantVisit) async throws -> Sent {
        let (tenant, actor) = (visit.tenant, visit.actor)
        let order: SendOrder
        do throws(SendRefusal) {
            order = SendOrder(
                tenant: tenant, key: typed.key, request: try SendRequest(json: typed.json(conversation: conversation)),
                origin: .console)
        } catch {
            return .refused(typed.words(error))
        }
        let now = UnixClock.milliseconds()
        let (submission, place) = try await WrittenTurns.run(in: site.services.lanes) { written in
            try await visit.database.withTransaction { session in
                if let conversation, try ConversationReader.load(conversation, of: tenant, in: session) == nil {
                    throw Problem.notFound
                }
                let submission = try SendStore.submit([order], now: now, in: session).first
                if case .new(let message, _) = submission {
                    try AuditLog.write("send.create", tenant, message: message.id, by: actor, in: session)
                }
                written.note(submission)
                let place = try submission?.message.flatMap { message in
                    try ThreadReader.conversation(of: message.id, tenant: tenant, in: session)
                }
                return (submission, place)
            }
        }
        return try outcome(submission, place, typed)
    }

    /// - Parameter typed: the form that was sent; nil: it was asked for by one button.
    private func outcome(_ submission: Submission?, _ place: Int64?, _ typed: SendForm? = nil) throws -> Sent {
        let typed = typed ?? SendForm(FormFields(""))
        switch submission {
        case .new, .same: return .done(conversation: place.map(String.init) ?? "")
        case .conflict(let conflict): return .refused(typed.words(conflict))
        case .refused(let refusal): return .refused(typed.words(refusal))
        case nil: throw Problem.failure
        }
    }

    // MARK: - What is there already

    private func again(_ call: Call, _ visit: TenantVisit) async throws -> Response {
        let (tenant, actor, id) = (visit.tenant, visit.actor, call.parameter("id"))
        let now = UnixClock.milliseconds()
        let (submission, place) = try await WrittenTurns.run(in: site.services.lanes) { written in
            try await visit.database.withTransaction { session in
                let submission = try SendControl.sendAgain(
                    id, of: tenant, origin: .console, by: actor, now: now, in: session)
                written.note(submission)
                return (submission, try ThreadReader.conversation(of: id, tenant: tenant, in: session))
            }
        }
        guard submission != nil, let place else { throw Problem.notFound }
        switch try outcome(submission, place) {
        case .done: return site.redirect("\(Self.path)/\(place)")
        case .refused(let words): throw Problem(.conflict, "not_now", "It cannot be sent again.", detail: words)
        }
    }

    private func cancel(_ call: Call, _ visit: TenantVisit) async throws -> Response {
        let (tenant, actor, id) = (visit.tenant, visit.actor, call.parameter("id"))
        let (outcome, place) = try await visit.database.withTransaction { session in
            (
                try SendControl.cancel(id, of: tenant, by: actor, in: session),
                try ThreadReader.conversation(of: id, tenant: tenant, in: session)
            )
        }
        switch outcome {
        case .notFound: throw Problem.notFound
        case .notNow(let status):
            throw Problem(.conflict, "not_now", "It cannot be taken back any more.", detail: "It is \(status).")
        case .done: return site.redirect("\(Self.path)/\(place.map(String.init) ?? "")")
        }
    }
}
