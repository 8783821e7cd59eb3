import ArgumentParser
import JobQueue
import OperationsKit
import QueueAdministration

/// `worker queue replay QUEUE`
struct QueueReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Put dead letters back to the end of the line, as if new.",
        discussion: """
            Needs REDIS_URL, and DATABASE_URL for the audit log (not with --dry-run). Without a filter all dead letters \
            of the queue are meant. Jobs that die again while it runs are not taken a second time.
            """)

    @Argument(help: "inbound, outbound or media.")
    var queue: QueueName

    @OptionGroup var filters: QueueFilterOptions

    @Option(help: ArgumentHelp("Most jobs.", valueName: "number"))
    var limit: Int?

    @Option(help: ArgumentHelp("Jobs per second, as 50 or 50/s.", valueName: "number"), transform: Self.rate)
    var rate: Int?

    @Flag(help: "Only count, and show the first few.")
    var dryRun = false

    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
    }

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let redis = try CommandRedis(settings)
            let keys = redis.keys(queue)
            let filter = try await filters.filter(settings)
            let outcome =
                dryRun
                ? try await redis.connected { connection in
                    try await JobReplay(keys: keys, redis: connection).dryRun(filter, limit: limit)
                }
                : try await CommandDatabase(settings).connected { database in
                    try await redis.connected { connection in
                        try await AuditedReplay(
                            keys: keys, redis: connection, database: database, origin: CommandOrigin.text
                        ).run(filter, limit: limit, rate: rate)
                    }
                }
            print(json ? ReplayReport.json(outcome, dryRun: dryRun).line : ReplayReport.text(outcome, dryRun: dryRun))
        }
    }

    private static func rate(_ text: String) throws -> Int {
        let digits = text.hasSuffix("/s") ? text.dropLast(2) : text[...]
        guard let rate = Int(digits), (1...100_000).contains(rate) else {
            throw ValidationError("--rate must be 1 to 100000 jobs per second, as 50 or 50/s.")
        }
        return rate
    }
}
