import ArgumentParser
import JobQueue
import OperationsKit
import QueueAdministration

/// `worker queue pause QUEUE --reason …`
struct QueuePauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop all workers from taking jobs of a queue, within a second.",
        discussion: """
            Needs REDIS_URL alone; with DATABASE_URL it is written to the audit log. What is in work is finished; new jobs \
            are accepted and wait. A queue that is paused already keeps its first reason.
            """)

    @Argument(help: "inbound, outbound or media.")
    var queue: QueueName

    @Option(help: "Why, for whoever finds it paused.")
    var reason: String

    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        guard reason.contains(where: { !$0.isWhitespace }), reason.utf8.count <= 1_000 else {
            throw ValidationError("--reason must say why, in up to 1000 bytes.")
        }
    }

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let redis = try CommandRedis(settings)
            let result = try await redis.connected { connection in
                try await QueuePause(keys: redis.keys(queue), redis: connection)
                    .pause(reason: reason, by: CommandOrigin.text)
            }
            if result.changed {
                await CommandAudit(settings).record(
                    "queue.pause", [("queue", .text(queue.rawValue)), ("reason", .text(reason))])
            }
            print(
                json
                    ? QueueReport.json(queue, paused: true, changed: result.changed, note: result.note).line
                    : result.changed
                        ? "\(queue.rawValue) is paused. To go on: worker queue resume \(queue.rawValue)"
                        : "\(queue.rawValue) was paused already, \(result.note.sentence)")
        }
    }
}

/// `worker queue resume QUEUE`
struct QueueResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a paused queue go on.",
        discussion: "Needs REDIS_URL alone; with DATABASE_URL it is written to the audit log.")

    @Argument(help: "inbound, outbound or media.")
    var queue: QueueName

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let redis = try CommandRedis(settings)
            let note = try await redis.connected { connection in
                try await QueuePause(keys: redis.keys(queue), redis: connection).resume()
            }
            if note != nil {
                await CommandAudit(settings).record("queue.resume", [("queue", .text(queue.rawValue))])
            }
            print(
                json
                    ? QueueReport.json(queue, paused: false, changed: note != nil, note: note).line
                    : note.map { "\(queue.rawValue) goes on; it was paused \($0.sentence)" }
                        ?? "\(queue.rawValue) was not paused.")
        }
    }
}
