import ArgumentParser
import Identifiers
import OperationsKit
import QueueAdministration

/// `worker queue show ID`
struct QueueShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Everything about one job: where it is, how often it failed, and why.",
        discussion: "Needs REDIS_URL. Texts and numbers of customers are masked unless --reveal.")

    @Argument(help: "The job's id.")
    var id: String

    @Flag(help: "Show the payload as it is.")
    var reveal = false

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() async throws {
        try await CommandOutcome.report {
            let redis = try CommandRedis(Settings.process())
            let job = try await redis.connected { try await redis.find(id, $0) }
            print(
                json
                    ? JobReport.json(job, reveal: reveal).line
                    : JobReport.text(job, reveal: reveal, now: UnixClock.milliseconds()))
        }
    }
}
