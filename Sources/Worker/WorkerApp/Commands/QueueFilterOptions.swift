import ArgumentParser
import OperationsKit
import Postgres
import QueueAdministration

/// Which dead letters a command means.
struct QueueFilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only those that died of this error.", valueName: "code"))
    var error: String?

    @Option(help: ArgumentHelp("Only those of this tenant (needs DATABASE_URL).", valueName: "id"))
    var tenant: Int64?

    @Option(help: ArgumentHelp("Only those of this number.", valueName: "id"))
    var phoneNumberId: String?

    @Option(help: ArgumentHelp("Only those that died longer ago, such as 90s, 15m, 2h or 7d.", valueName: "time"))
    var olderThan: OperatorSpan?

    @Option(help: ArgumentHelp("Only those that died less long ago.", valueName: "time"))
    var newerThan: OperatorSpan?

    @Option(help: ArgumentHelp("Only those of this type, such as webhook.", valueName: "type"))
    var type: String?

    func validate() throws {
        if tenant != nil, phoneNumberId != nil {
            throw ValidationError("--tenant and --phone-number-id exclude each other.")
        }
        if let olderThan, let newerThan, olderThan.milliseconds > newerThan.milliseconds {
            throw ValidationError("Nothing can be older than --older-than and newer than --newer-than.")
        }
    }

    /// Whether any filter is given.
    var isSet: Bool {
        error != nil || tenant != nil || phoneNumberId != nil || olderThan != nil || newerThan != nil || type != nil
    }

    func filter(_ settings: Settings) async throws -> DeadLetterFilter {
        var filter = DeadLetterFilter()
        filter.errorCode = error
        filter.type = type
        filter.olderThan = olderThan?.milliseconds
        filter.newerThan = newerThan?.milliseconds
        if let phoneNumberId { filter.owner = JobOwner(phoneNumberIDs: [phoneNumberId]) }
        if let tenant {
            filter.owner = try await CommandDatabase(settings).transaction { session in
                try JobOwner.tenant(tenant, in: session)
            }
        }
        return filter
    }
}
