import ArgumentParser
import JobQueue
import OperationsKit
import QueueAdministration

/// `worker queue retry ID`
struct QueueRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Run one dead or scheduled job now.",
        discussion: """
            Needs REDIS_URL alone; with DATABASE_URL it is written to the audit log. A dead job begins anew; a scheduled \
            one keeps its count of attempts.
            """)

    @Argument(help: "The job's id.")
    var id: String

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let redis = try CommandRedis(settings)
            try await redis.connected { connection in
                let job = try await redis.find(id, connection)
                try await JobReplay(keys: redis.keys(job.queue), redis: connection).retry(job)
                await CommandAudit(settings).record(
                    "queue.retry",
                    [
                        ("queue", .text(job.queue.rawValue)), ("job", .text(id)), ("place", .text(job.place.name)),
                    ])
                print(
                    json
                        ? JobReport.retried(job).line
                        : "\(id) was \(job.place.name) and is next in line of \(job.queue.rawValue).")
            }
        }
    }
}
