internal import HTTPTypes
internal import Hummingbird
internal import Identifiers
internal import Logging
internal import Outbound
internal import OutboundLanes
internal import Postgres
internal import QueueAdministration
internal import Tenants

/// `POST /api/whatsapp/send`, and what became of a message.
struct SendAPI: Sendable {
    private static let idempotencyKey = HTTPField.Name.known("Idempotency-Key")

    let services: ConsoleServices
    let access: Access

    var routes: [Route] {
        [
            access.tenant(.post, "/api/whatsapp/send") { call, caller in try await send(call, caller) },
            access.tenant(.get, "/api/whatsapp/messages/{id}") { call, caller in try await message(call, caller) },
        ]
    }

    private func send(_ call: Call, _ caller: TenantCaller) async throws -> Response {
        let body = try await call.body()
        let order: SendOrder
        do throws(SendRefusal) {
            let key = call.header(Self.idempotencyKey)
            if let key { try IdempotencyKey.check(key, field: "Idempotency-Key") }
            order = SendOrder(tenant: caller.tenant, key: key, request: try SendRequest(json: body), origin: .api)
        } catch {
            throw Self.problem(error)
        }
        let (tenant, actor, now) = (caller.tenant, caller.actor, UnixClock.milliseconds())
        let submission: Submission?
        do {
            submission = try await WrittenTurns.run(in: services.lanes) { written in
                try await caller.database.withTransaction { session in
                    let submission = try SendStore.submit([order], now: now, in: session).first
                    if case .new(let message, _) = submission {
                        try AuditLog.write("send.create", tenant, message: message.id, by: actor, in: session)
                    }
                    written.note(submission)
                    return submission
                }
            }
        } catch let error as PostgresError where error.kind == .outcomeUnknown {
            services.logger.warning("whether a send was stored is not known", metadata: ["error": "\(error)"])
            throw Self.unknown(order)
        }
        switch submission {
        case .new(let message, _), .same(let message): return Self.answer(message)
        case .conflict(let conflict): throw Self.problem(conflict)
        case .refused(let refusal): throw Self.problem(refusal)
        case nil: throw Problem.failure
        }
    }

    private func message(_ call: Call, _ caller: TenantCaller) async throws -> Response {
        guard let id = ULID(call.parameter("id")) else { throw Problem.notFound }
        let report = try await caller.database.withTransaction { session in
            try MessageReports.load(id.description, of: caller.tenant, in: session)
        }
        guard let report else { throw Problem.notFound }
        return Answer.json(report.json)
    }

    private static func answer(_ message: SubmittedMessage) -> Response {
        Answer.json(
            .object([("id", .text(message.id)), ("status", .text(message.status))]), .accepted,
            headers: [.location: "/api/whatsapp/messages/\(message.id)"])
    }

    /// The caller must be able to ask again without asking twice.
    private static func unknown(_ order: SendOrder) -> Problem {
        var problem = Problem.unavailable(
            "The database's answer was lost: perhaps the message was stored. Make the same request again"
                + (order.pinnedKey == nil ? "." : ", with the header Idempotency-Key as idempotency_key says."))
        if let key = order.pinnedKey { problem.members = [("idempotency_key", .text(key))] }
        return problem
    }

    private static func problem(_ conflict: SendConflict) -> Problem {
        var problem = Problem(
            .conflict, "idempotency_conflict", "This key stands for another request.",
            detail: conflict.description)
        problem.members = [
            ("idempotency_key", .text(conflict.key)), ("message_id", .text(conflict.messageID)),
            ("message_status", .text(conflict.status)), ("differing_fields", .list(conflict.fields.map { .text($0) })),
        ]
        return problem
    }

    private static func problem(_ refusal: SendRefusal) -> Problem {
        switch refusal.code {
        case .invalidJSON: return .badRequest(refusal.rule)
        case .tenantDisabled: return .forbidden(refusal.description)
        case .unknownField, .missingField, .wrongType, .unknownType, .invalidValue, .invalidText, .tooLong,
            .invalidRecipient, .invalidLink, .linkHostNotAllowed, .invalidTime, .expired, .unknownTenant,
            .numberMissing, .numberInactive, .templateMissing, .unknownConversation, .keyConflict:
            return .unprocessable(refusal.field, refusal.code.rawValue, refusal.rule)
        }
    }
}
