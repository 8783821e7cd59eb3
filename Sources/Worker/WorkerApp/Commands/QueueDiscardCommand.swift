import ArgumentParser
import JobQueue
import OperationsKit
import QueueAdministration

/// `worker queue discard ID --yes`, `worker queue discard --queue QUEUE … --yes`
struct QueueDiscardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard", abstract: "Give a job up, or all dead letters that fit a filter.",
        discussion: """
            Needs REDIS_URL and DATABASE_URL. Nothing is just deleted: what is discarded goes to the table archived_jobs \
            first, and who did it to the audit log.
            """)

    @Argument(help: "The job's id; leave it out for a filter.")
    var id: String?

    @Option(help: "The queue whose dead letters the filter means.")
    var queue: QueueName?

    @OptionGroup var filters: QueueFilterOptions

    @Option(help: ArgumentHelp("Most jobs.", valueName: "number"))
    var limit: Int?

    @Flag(help: "Yes, discard them.")
    var yes = false

    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        guard yes else { throw ValidationError("Discarding is for good: add --yes.") }
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        guard (id == nil) != (queue == nil) else {
            throw ValidationError("Name either a job's id, or --queue with a filter.")
        }
        if id != nil, filters.isSet || limit != nil {
            throw ValidationError("A job's id needs no filter.")
        }
        if id == nil, !filters.isSet {
            throw ValidationError("Say which dead letters: without a filter use `worker queue archive`.")
        }
    }

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let redis = try CommandRedis(settings)
            let filter = try await filters.filter(settings)
            let outcome = try await CommandDatabase(settings).connected { database in
                try await redis.connected { connection in
                    func archive(_ queue: QueueName) -> JobArchive {
                        JobArchive(
                            keys: redis.keys(queue), redis: connection, database: database, origin: CommandOrigin.text)
                    }
                    if let queue {
                        return try await archive(queue).run(filter, purpose: .discard, limit: limit)
                    }
                    let job = try await redis.find(id ?? "", connection)
                    return try await archive(job.queue).discard(job)
                }
            }
            print(json ? ArchiveReport.json(outcome).line : ArchiveReport.text(outcome, verb: "discarded"))
        }
    }
}
