import ArgumentParser
import JobQueue
import OperationsKit
import QueueAdministration

/// `worker queue archive QUEUE`
struct QueueArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive", abstract: "Move dead letters from Redis to the table archived_jobs.",
        discussion: """
            Needs REDIS_URL and DATABASE_URL. May be cut off at any moment and run again: each job is archived once.
            """)

    @Argument(help: "inbound, outbound or media.")
    var queue: QueueName

    @Option(help: ArgumentHelp("Only those that died longer ago, such as 90s, 15m, 2h or 7d.", valueName: "time"))
    var olderThan: OperatorSpan?

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let redis = try CommandRedis(settings)
            var filter = DeadLetterFilter()
            filter.olderThan = olderThan?.milliseconds
            let outcome = try await CommandDatabase(settings).connected { [filter] database in
                try await redis.connected { connection in
                    try await JobArchive(
                        keys: redis.keys(queue), redis: connection, database: database, origin: CommandOrigin.text
                    ).run(filter, purpose: .archive, limit: nil)
                }
            }
            print(json ? ArchiveReport.json(outcome).line : ArchiveReport.text(outcome, verb: "archived"))
        }
    }
}
