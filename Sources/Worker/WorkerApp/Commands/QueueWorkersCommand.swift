import ArgumentParser
import JobQueue
import OperationsKit
import QueueAdministration

/// `worker queue workers`
struct QueueWorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers", abstract: "Who works, when each was last heard of, and how many jobs each holds.",
        discussion: "Needs REDIS_URL. Departed workers stay under watch until nothing can arrive in their lists.")

    @Flag(help: "Print a JSON array.")
    var json = false

    func run() async throws {
        try await CommandOutcome.report {
            let redis = try CommandRedis(Settings.process())
            let all = try await redis.connected { connection in
                var all: [QueueWorkers] = []
                for queue in QueueName.allCases {
                    all.append(try await QueueInspector(keys: redis.keys(queue), redis: connection).workers())
                }
                return all
            }
            print(json ? JSONOutput.list(all.flatMap { QueueReport.json($0) }).line : QueueReport.table(all))
        }
    }
}
