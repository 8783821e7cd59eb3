import ArgumentParser
import JobEngine
import JobQueue
import OperationsKit
import QueueAdministration

/// `worker queue stats`
struct QueueStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "How many jobs are where, how old the oldest is, who works.",
        discussion: "Needs REDIS_URL. With --fail-if-… the exit code is 1 if that is so, for cron.")

    @Argument(help: "inbound, outbound or media; all if left out.")
    var queue: QueueName?

    @Flag(help: "Exit with 1 if there are dead letters.")
    var failIfDead = false

    @Option(help: ArgumentHelp("Exit with 1 if a job has waited longer.", valueName: "seconds"))
    var failIfOlderThan: Int64?

    @Flag(help: "Print a JSON array.")
    var json = false

    func validate() throws {
        if let failIfOlderThan, !(0...1_000_000_000).contains(failIfOlderThan) {
            throw ValidationError("--fail-if-older-than must be a number of seconds from 0 on.")
        }
    }

    func run() async throws {
        try await CommandOutcome.report {
            let redis = try CommandRedis(Settings.process())
            let queues = queue.map { [$0] } ?? QueueName.allCases
            let all = try await redis.connected { connection in
                var all: [(QueueName, QueueStats, PauseNote?)] = []
                for queue in queues {
                    let keys = redis.keys(queue)
                    let stats = try await QueueInspector(keys: keys, redis: connection).stats()
                    all.append((queue, stats, try await QueuePause(keys: keys, redis: connection).note()))
                }
                return all
            }
            print(
                json
                    ? JSONOutput.list(all.map { QueueReport.json($0.0, $0.1, pause: $0.2) }).line
                    : QueueReport.table(all))
            let alarm = QueueAlarm(onDead: failIfDead, oldestAge: failIfOlderThan.map { $0 * 1_000 })
            let reasons = all.flatMap { alarm.reasons($0.0, $0.1) }
            for reason in reasons { StandardStreams.writeError(reason + "\n") }
            if !reasons.isEmpty { throw CommandOutcome.refused }
        }
    }
}
