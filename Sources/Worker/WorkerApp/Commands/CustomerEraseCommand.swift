import ArgumentParser
import Conversations
import JobQueue
import OperationsKit
import Postgres
import QueueAdministration
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

    /// So often is looked whether something of the customer came meanwhile.
    private static let passes = 60

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
        if let phone, phone.filter(\.isWholeNumber).count < 6 { throw ValidationError("--phone is no phone number.") }
        if let userID, userID.utf8.count < 6 { throw ValidationError("--user-id is no user id.") }
        guard yes else { throw ValidationError("Erasing is for good: add --yes.") }
    }

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let redis = try CommandRedis(settings)
            let (outcome, jobs) = try await CommandDatabase(settings).connected { database in
                try await redis.connected { connection in
                    try await erase(database) { identities in
                        var (changed, inHand) = (0, 0)
                        for queue in QueueName.allCases {
                            let pass = try await QueueErasure(
                                keys: redis.keys(queue), redis: connection, identities: identities
                            ).run()
                            changed += pass.changed
                            inHand += pass.inHand
                        }
                        return (changed, inHand)
                    }
                }
            }
            print(json ? Self.json(outcome, jobs) : Self.text(outcome, jobs))
        }
    }

    /// Database and queues in turn, until both hold nothing more: what a worker had in hand meanwhile is found by a later
    /// pass.
    private func erase(
        _ database: PostgresConnection, queues: (Set<String>) async throws -> (changed: Int, inHand: Int)
    ) async throws -> (CustomerErasure.Outcome, Int) {
        let erasure = CustomerErasure(tenant: tenant.id.value, phone: phone, userID: userID)
        var (total, jobs) = (CustomerErasure.Outcome(), 0)
        for pass in 0..<Self.passes {
            let known = total.identities
            let found = try await database.withTransaction { session in
                try erasure.erase(also: known, actor: "operator", origin: CommandOrigin.text, in: session)
            }
            total = total + found
            let (changed, inHand) = try await queues(total.identities)
            jobs += changed
            let latest = total
            let isQuiet = try await database.withTransaction { session in
                try CustomerErasure.olderTransactionsAreDone(than: latest, in: session)
            }
            if pass > 0, found.isEmpty, changed == 0, inHand == 0, isQuiet { return (total, jobs) }
            try await Task.sleep(for: .milliseconds(pass == 0 ? 20 : 500))
        }
        throw CustomerErasureIncomplete()
    }

    private static func text(_ outcome: CustomerErasure.Outcome, _ jobs: Int) -> String {
        """
        Erased: \(outcome.conversations) conversations, \(outcome.messages) messages, \(outcome.statuses) statuses, \
        \(outcome.events) events, \(outcome.unrouted) unrouted changes, \(outcome.outbox) outbox rows, \
        \(outcome.archived) archived jobs, \(jobs) waiting jobs.
        """
    }

    private static func json(_ outcome: CustomerErasure.Outcome, _ jobs: Int) -> String {
        #"{"conversations":\#(outcome.conversations),"messages":\#(outcome.messages),"statuses":\#(outcome.statuses),"#
            + #""events":\#(outcome.events),"unrouted":\#(outcome.unrouted),"outbox":\#(outcome.outbox),"#
            + #""archived":\#(outcome.archived),"jobs":\#(jobs)}"#
    }
}

/// The customer is erased as far as the command could reach.
struct CustomerErasureIncomplete: Error, CustomStringConvertible {
    var description: String {
        "a worker or a long transaction still holds something of the customer: run the command again in a minute"
    }
}
