import ArgumentParser
import Identifiers
import JobQueue
import OperationsKit
import QueueAdministration

/// `worker queue peek QUEUE`
struct QueuePeekCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peek", abstract: "Look at the jobs that come first, without touching them.",
        discussion: "Needs REDIS_URL. Texts and numbers of customers are masked unless --reveal.")

    @Argument(help: "inbound, outbound or media.")
    var queue: QueueName

    @Option(help: "ready, lane (of outbound), claimed, scheduled or dead.")
    var state = PeekedState.ready

    @Option(help: "Most jobs.")
    var limit = 10

    @Flag(help: "Show payloads as they are.")
    var reveal = false

    @Flag(help: "Print a JSON array.")
    var json = false

    func validate() throws {
        guard state != .lane || queue == .outbound else {
            throw ValidationError("Only outbound has lanes.")
        }
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit must be 1 to 10000.") }
    }

    func run() async throws {
        try await CommandOutcome.report {
            let redis = try CommandRedis(Settings.process())
            let jobs = try await redis.connected { connection in
                try await QueueInspector(keys: redis.keys(queue), redis: connection).peek(state, limit: limit)
            }
            print(
                json
                    ? JSONOutput.list(jobs.map { JobReport.json($0, reveal: reveal) }).line
                    : JobReport.table(jobs, reveal: reveal, now: UnixClock.milliseconds()))
        }
    }
}
