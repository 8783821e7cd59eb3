internal import GraphClient
internal import HTTPTypes
internal import Hummingbird
internal import QueueAdministration
internal import Tenants

/// `/api/whatsapp/config`: a tenant's settings.
struct ConfigAPI: Sendable {
    private static let path = "/api/whatsapp/config"

    private let service: ConfigService
    private let access: Access

    init(_ services: ConsoleServices, _ access: Access) {
        service = ConfigService(services: services)
        self.access = access
    }

    var routes: [Route] {
        [
            access.tenant(.get, Self.path) { _, caller in try await get(caller) },
            access.tenant(.put, Self.path) { call, caller in try await put(call, caller) },
            access.tenant(.delete, Self.path) { call, caller in try await delete(call, caller) },
            access.tenant(.post, Self.path + "/test") { _, caller in try await test(caller) },
        ]
    }

    private func get(_ caller: TenantCaller) async throws -> Response {
        guard let config = try await service.load(caller) else { throw Self.notSetUp }
        return Answer.json(
            .object(ConfigJSON.members(config)), headers: [.eTag: ConfigVersion.tag(config.version)])
    }

    private func put(_ call: Call, _ caller: TenantCaller) async throws -> Response {
        let expected = try ConfigVersion.expected(call.header(.ifMatch))
        let change = try ConfigBody.read(try await call.body())
        let saved = try await Self.explained {
            try await service.save(change, by: caller, expectedVersion: expected)
        }
        return Answer.json(
            .object(ConfigJSON.members(saved.config) + [("waiting", .integer(saved.waiting))]),
            headers: [.eTag: ConfigVersion.tag(saved.config.version)])
    }

    private func delete(_ call: Call, _ caller: TenantCaller) async throws -> Response {
        let expected = try ConfigVersion.expected(call.header(.ifMatch))
        let removed = try await Self.explained {
            try await service.remove(by: caller, expectedVersion: expected)
        }
        guard removed else { throw Self.notSetUp }
        return Answer.empty()
    }

    private func test(_ caller: TenantCaller) async throws -> Response {
        let check: ConfigService.Check?
        do {
            check = try await service.test(caller)
        } catch is SealedValueError {
            return Self.verdict(nil, ok: false, "The stored token cannot be opened. Give it again.", code: nil)
        }
        guard let check else { throw Self.notSetUp }
        switch check.result {
        case .found(let number):
            return Self.verdict(number, ok: true, nil, code: nil, check.webhooks)
        case .refused(let refusal):
            return Self.verdict(
                nil, ok: false, ConfigRefusal.refused(refusal).words, code: refusal.code.map { Int64($0) })
        case .unreachable:
            return Self.verdict(nil, ok: false, "Meta cannot be asked just now. Try again in a moment.", code: nil)
        }
    }

    private static func verdict(
        _ number: GraphNumber?, ok: Bool, _ explanation: String?, code: Int64?, _ webhooks: WebhookCheck? = nil
    ) -> Response {
        Answer.json(
            .object([
                ("ok", .bool(ok)),
                (
                    "number",
                    number.map { number in
                        .object([
                            ("id", .text(number.id)), ("display_phone_number", .orNull(number.displayPhoneNumber)),
                            ("verified_name", .orNull(number.verifiedName)),
                            ("quality_rating", .orNull(number.qualityRating)),
                        ])
                    } ?? .null
                ), ("explanation", .orNull(explanation)), ("code", .orNull(code)),
                (
                    "webhooks",
                    webhooks.map { webhooks in
                        .object([
                            ("subscribed", webhooks.isSubscribed.map { .bool($0) } ?? .null),
                            ("apps", .list(webhooks.apps.map { .text($0) })),
                            ("explanation", .orNull(webhooks.explanation)),
                        ])
                    } ?? .null
                ),
            ]))
    }

    private static var notSetUp: Problem {
        Problem(
            .notFound, "not_set_up", "No WhatsApp number is set up.",
            detail: "Set phone_number_id and access_token with PUT \(path).")
    }

    /// Tells what the settings refuse as a problem.
    private static func explained<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as ConfigRefusal {
            if case .unreachable = error { throw Problem.unavailable(error.words) }
            throw Problem.unprocessable(error.field, "not_confirmed", error.words)
        } catch let error as ConfigError {
            throw problem(error)
        }
    }

    private static func problem(_ error: ConfigError) -> Problem {
        switch error {
        case .unknownTenant: return .unauthorized
        case .missing(let field):
            return .unprocessable(field, "missing_field", "is missing; no number is set up yet")
        case .invalid(let field, let rule): return .unprocessable(field, "invalid_value", rule)
        case .tokenUnreadable:
            return .unprocessable(
                "access_token", "token_unreadable", "the stored token cannot be opened; give it again")
        case .phoneNumberTaken:
            var problem = Problem(
                .conflict, "number_taken", "Another business has this number.",
                detail: "This phone number ID is set up by another tenant.")
            problem.fields = [
                Problem.Field(name: "phone_number_id", code: "number_taken", detail: "belongs to another tenant")
            ]
            return problem
        case .versionConflict(let current):
            var problem = Problem(
                .conflict, "version_conflict", "Somebody else changed the settings.",
                detail: "They are at version \(current) now. Read them again and repeat the change.")
            problem.members = [("version", .integer(current))]
            if current > 0 { problem.headers[.eTag] = ConfigVersion.tag(current) }
            return problem
        }
    }
}
