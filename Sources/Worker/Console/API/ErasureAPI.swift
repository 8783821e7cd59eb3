internal import Conversations
internal import Erasure
internal import HTTPTypes
internal import Hummingbird
internal import LenientJSON
internal import Outbound
internal import Postgres
internal import QueueAdministration
internal import Tenants

/// Forgets a customer: `POST /api/whatsapp/customers/erase` for a tenant, and for operators
/// `POST /api/admin/tenants/{id}/customers/erase`, which reaches also what no tenant has.
///
/// A number does not stand in a path: paths are written to logs.
struct ErasureAPI: Sendable {
    /// Below the patience of usual clients.
    private static let limit: Duration = .seconds(25)

    private let services: ConsoleServices
    private let access: Access
    /// Each goes through all that waits in the queues: a tenant has one at a time.
    private let turns = TenantShares(atOnce: 1, waiting: 8)

    init(_ services: ConsoleServices, _ access: Access) {
        self.services = services
        self.access = access
    }

    var routes: [Route] {
        [
            access.tenant(.post, "/api/whatsapp/customers/erase") { call, caller in
                let eraser = try access.eraser(caller)
                return try await turns.use(eraser.tenant) {
                    try await erase(call, eraser.tenant, takesUnclaimed: false, by: eraser.actor, in: eraser.database)
                }
            },
            access.operator(.post, "/api/admin/tenants/{id}/customers/erase") { call, caller in
                guard let id = Int64(call.parameter("id")) else { throw Problem.notFound }
                return try await erase(
                    call, TenantID(id), takesUnclaimed: true, by: caller.actor, in: caller.database)
            },
        ]
    }

    private func erase(
        _ call: Call, _ tenant: TenantID, takesUnclaimed: Bool, by actor: AuditActor,
        in database: any PostgresDatabase
    ) async throws -> Response {
        let subject = try Self.subject(try await call.body())
        let run = ErasureRun(
            tenant: tenant, subject: subject, takesUnclaimed: takesUnclaimed, database: database,
            redis: services.redis, prefix: services.prefix)
        do {
            let outcome = try await run.run(by: actor, within: Self.limit)
            return Answer.json(
                .object([("erased", .object(outcome.counts.map { ($0.name, .integer(Int64($0.count))) }))]))
        } catch let error as ErasureRun.Unknown {
            switch error {
            case .tenant: throw Problem.notFound
            case .conversation:
                throw Problem.unprocessable("conversation_id", "unknown", "is no conversation of this tenant")
            }
        } catch let error as ErasureRun.Incomplete {
            throw Problem.unavailable("Not everything could be reached: \(error).")
        }
    }

    /// Exactly one of `phone`, `user_id` and `conversation_id`.
    private static func subject(_ body: [UInt8]) throws(Problem) -> CustomerErasure.Subject {
        try JSONBody.read(body) { root throws(Problem) in try subject(root) }
    }

    private static func subject(_ root: JSONValue) throws(Problem) -> CustomerErasure.Subject {
        var subjects: [CustomerErasure.Subject] = []
        for (key, value) in root.members {
            let name = key.string ?? ""
            guard let text = value.string else { throw .unprocessable(name, "wrong_type", "expected a text") }
            subjects.append(try subject(name, text))
        }
        guard subjects.count == 1 else {
            throw .unprocessable(
                "", "missing_field", "Name the customer by one of phone, user_id and conversation_id.")
        }
        return subjects[0]
    }

    private static func subject(_ name: String, _ text: String) throws(Problem) -> CustomerErasure.Subject {
        switch name {
        case "phone":
            guard case .phone(let number) = Recipient(phone: text.hasPrefix("+") ? text : "+" + text) else {
                throw .unprocessable(name, "invalid_value", "expected a phone number with country code")
            }
            return .phone(String(number.dropFirst()))
        case "user_id":
            // Its form, too: a word that stands in every webhook would be met in each.
            guard text.utf8.count >= 6, case .user(let id) = Recipient(user: text) else {
                throw .unprocessable(name, "invalid_value", "expected a business-scoped user id, such as US.1a2b3c")
            }
            return .userID(id)
        case "conversation_id":
            guard let id = Int64(text) else {
                throw .unprocessable(name, "invalid_value", "expected the id of a conversation")
            }
            return .conversation(id)
        case _: throw .unprocessable(name, "unknown_field", "is no field of this request")
        }
    }
}
