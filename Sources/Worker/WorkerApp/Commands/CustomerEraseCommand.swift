import ArgumentParser
import Conversations
import Erasure
import OperationsKit
import Outbound
import Postgres
import RedisClient
import Tenants

/// `worker customer erase --tenant ID --phone NUMBER | --user-id ID --yes`
struct CustomerEraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Forget a customer: texts, numbers, names, raw items, and what waits in the queues.",
        discussion: """
            Needs DATABASE_URL and REDIS_URL. Hashes of the messages' ids are kept, so that nothing comes back when Meta \
            repeats it, and the audit log says that a customer was erased, not who. What the customer writes later is \
            stored as a new customer's.
            """)

    /// How long it is looked whether something of the customer came meanwhile.
    private static let limit: Duration = .seconds(60)

    @OptionGroup var tenant: TenantOption

    @Option(help: ArgumentHelp("The customer's phone number.", valueName: "number"))
    var phone: String?

    @Option(help: ArgumentHelp("The customer's business-scoped user id.", valueName: "id"))
    var userID: String?

    @Flag(help: "Yes, forget them.")
    var yes = false

    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        guard (phone == nil) != (userID == nil) else { throw ValidationError("Name either --phone or --user-id.") }
        if let phone, Self.digits(phone) == nil {
            throw ValidationError("--phone must be a phone number with its country code, such as +16505551234.")
        }
        // What stands in every webhook, such as the name of a field, is no one's.
        if let userID, userID.utf8.count < 6 || Recipient(user: userID) == nil {
            throw ValidationError("--user-id must be a business-scoped user id, such as US.1a2b3c.")
        }
        guard yes else { throw ValidationError("Erasing is for good: add --yes.") }
    }

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let redis = try CommandRedis(settings)
            let outcome = try await CommandDatabase(settings).connected { database in
                try await redis.connected { connection in
                    try await erase(database, connection, prefix: redis.prefix)
                }
            }
            print(json ? Self.json(outcome) : Self.text(outcome))
        }
    }

    private func erase(
        _ database: PostgresConnection, _ redis: RedisConnection, prefix: String
    ) async throws -> ErasureOutcome {
        let subject: CustomerErasure.Subject =
            phone.flatMap(Self.digits).map { .phone($0) } ?? .userID(userID ?? "")
        do {
            return try await ErasureRun(
                tenant: tenant.id, subject: subject, takesUnclaimed: true, database: database, redis: redis,
                prefix: prefix
            ).run(by: AuditActor(name: "operator", origin: CommandOrigin.text), within: Self.limit)
        } catch is ErasureRun.Unknown {
            throw tenant.missing
        }
    }

    /// WhatsApp ids are ASCII digits without a plus. Nil if it is no phone number.
    private static func digits(_ text: String) -> String? {
        guard case .phone(let number) = Recipient(phone: text.hasPrefix("+") ? text : "+" + text) else { return nil }
        return String(number.dropFirst())
    }

    private static func text(_ outcome: ErasureOutcome) -> String {
        """
        Erased: \(outcome.conversations) conversations, \(outcome.messages) messages, \(outcome.statuses) statuses, \
        \(outcome.events) events, \(outcome.unrouted) unrouted changes, \(outcome.outbox) outbox rows, \
        \(outcome.archived) archived jobs, \(outcome.jobs) waiting jobs.
        """
    }

    private static func json(_ outcome: ErasureOutcome) -> String {
        "{" + outcome.counts.map { "\"\($0.name)\":\($0.count)" }.joined(separator: ",") + "}"
    }
}
