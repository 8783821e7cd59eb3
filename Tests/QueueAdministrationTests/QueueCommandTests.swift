import Foundation
import JobQueue
import RedisClient
import TestSupport
import Testing

@testable import QueueAdministration

/// `worker queue …` and `worker doctor` as an operator types them, with the real binary: what they answer where there is
/// nothing, where the wish makes no sense, and where a server is away.
@Suite("The worker's commands for queues") struct QueueCommandTests {
    private static func command(
        redis: String, prefix: String = "wa", database: String? = nil
    ) throws -> WorkerCommand {
        var environment = ["REDIS_URL": redis, "QUEUE_PREFIX": prefix]
        environment["DATABASE_URL"] = database
        return try WorkerCommand(environment: environment)
    }

    private static func json(_ text: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    }

    @Test(
        "what makes no sense is refused with the way it should be, exit code 64",
        arguments: [
            ("stats elsewhere", "'inbound', 'outbound' or 'media'"),
            ("stats --fail-if-older-than soon", "--fail-if-older-than"),
            ("peek inbound --state gone", "'scheduled' or 'dead'"), ("peek inbound --limit 0", "1 to 10000"),
            ("peek inbound --state lane", "Only outbound has lanes"), ("show", "<id>"),
            ("pause inbound", "--reason"), ("retry", "<id>"), ("replay inbound --rate 5/m", "as 50 or 50/s"),
            ("replay inbound --older-than 5x", "90s, 15m, 2h or 7d"), ("replay inbound --limit 0", "at least 1"),
            ("replay inbound --tenant 1 --phone-number-id 2", "exclude each other"),
            ("replay inbound --older-than 2h --newer-than 1h", "Nothing can be older"),
            ("discard an-id", "add --yes"), ("discard --yes", "Name either"),
            ("discard --queue inbound --yes", "Say which dead letters"), ("archive", "<queue>"),
        ])
    func usage(line: String, hint: String) async throws {
        // Nothing is asked of any server: the line itself is wrong.
        let command = try Self.command(redis: "redis://127.0.0.1:\(freePort())")
        let finished = try await command.run(["queue"] + line.split(separator: " ").map(String.init))
        #expect(finished.status == .exited(64))
        #expect(finished.standardError.contains(hint), "\(finished.standardError)")
        #expect(finished.standardOutput.isEmpty)
    }

    @Test("empty queues are answered in a table or a sentence, and in JSON that any program reads")
    func empty() async throws {
        let command = try await Self.command(
            redis: RedisServer.shared().url, prefix: "t\(UInt64.random(in: 0...UInt64.max))")
        for line in ["stats", "peek inbound", "peek outbound --state lane", "workers", "replay inbound --dry-run"] {
            let words = ["queue"] + line.split(separator: " ").map(String.init)
            let text = try await command.run(words)
            #expect(text.succeeded && !text.standardOutput.isEmpty && text.standardError.isEmpty, "\(line)")
            let json = try await command.run(words + ["--json"])
            #expect(json.succeeded)
            _ = try Self.json(json.standardOutput)
        }
        for line in ["show nowhere", "retry nowhere"] {
            let finished = try await command.run(["queue"] + line.split(separator: " ").map(String.init))
            #expect(finished.status == .exited(1))
            #expect(finished.standardError.hasPrefix("error: no queue holds a job with the id nowhere"))
        }
    }

    @Test("a pause, its end and a retry say in JSON what they did; without a database too, and say so")
    func pauseAndRetry() async throws {
        try await QueueStage.run { stage in
            let absent = try "postgres://nobody@127.0.0.1:\(freePort())/none"
            let command = try await Self.command(
                redis: RedisServer.shared().url, prefix: stage.prefix, database: absent)
            func answer(_ words: String...) async throws -> [String: Any] {
                let finished = try await command.run(["queue"] + words + ["--json"])
                #expect(finished.succeeded, "\(finished.standardError)")
                return try #require(try Self.json(finished.standardOutput) as? [String: Any])
            }
            let paused = try await answer("pause", "inbound", "--reason", "a \"test\"")
            #expect(paused["changed"] as? Bool == true && paused["paused"] as? Bool == true)
            #expect((paused["pause"] as? [String: Any])?["reason"] as? String == "a \"test\"")
            #expect(try await answer("pause", "inbound", "--reason", "again")["changed"] as? Bool == false)
            #expect(try await answer("resume", "inbound")["changed"] as? Bool == true)
            #expect(try await answer("resume", "inbound")["changed"] as? Bool == false)

            try await stage.bury(QueueStage.job("one"))
            let retried = try await command.run(["queue", "retry", "one", "--json"])
            #expect(retried.succeeded)
            #expect(retried.standardError.contains("done, but not written to the audit log"))
            let moved = try #require(try Self.json(retried.standardOutput) as? [String: String])
            #expect(moved == ["queue": "inbound", "id": "one", "was": "dead", "place": "ready"])
            #expect(try await stage.ready().map(\.id) == ["one"])
        }
    }

    @Test(
        "without Redis each says where it looked for it, exit code 69",
        arguments: [
            "stats --json", "peek inbound", "show x", "workers", "pause inbound --reason x", "resume inbound",
            "retry x",
            "replay inbound --dry-run",
        ])
    func withoutRedis(line: String) async throws {
        let port = try freePort()
        let command = try Self.command(redis: "redis://127.0.0.1:\(port)")
        let finished = try await command.run(["queue"] + line.split(separator: " ").map(String.init))
        #expect(finished.status == .exited(69))
        #expect(finished.standardError.hasPrefix("error: the Redis of REDIS_URL does not serve us now"))
        #expect(finished.standardError.contains("127.0.0.1:\(port): Connection refused"), "\(finished.standardError)")
        #expect(finished.standardOutput.isEmpty)
    }

    @Test("what goes to Postgres is refused without it before anything is moved, exit code 69")
    func withoutPostgres() async throws {
        try await QueueStage.run { stage in
            try await stage.bury(QueueStage.job("one"))
            let absent = try "postgres://nobody@127.0.0.1:\(freePort())/none"
            let command = try await Self.command(
                redis: RedisServer.shared().url, prefix: stage.prefix, database: absent)
            for line in ["replay inbound", "archive inbound", "discard one --yes"] {
                let finished = try await command.run(["queue"] + line.split(separator: " ").map(String.init))
                #expect(finished.status == .exited(69), "\(line)")
                #expect(finished.standardError.contains("the database of DATABASE_URL does not serve us now"))
            }
            #expect(try await stage.dead().map(\.id) == ["one"])
        }
    }

    @Test("the doctor tells of everything that is away, each with what to do, in JSON too; exit code 1")
    func doctorWithoutServers() async throws {
        let command = try Self.command(
            redis: "redis://127.0.0.1:\(freePort())", database: "postgres://nobody@127.0.0.1:\(freePort())/none")
        let text = try await command.run(["doctor"])
        #expect(text.status == .exited(1))
        for check in ["redis", "postgres"] {
            let line = text.standardOutput.split(separator: "\n").first { $0.hasPrefix("FAIL  \(check): ") }
            #expect(line?.contains(" → start ") == true, "\(text.standardOutput)")
        }
        let json = try await command.run(["doctor", "--json"])
        #expect(json.status == .exited(1))
        let findings = try #require(try Self.json(json.standardOutput) as? [[String: Any]])
        let failed = findings.filter { $0["verdict"] as? String == "FAIL" }
        #expect(failed.compactMap { $0["check"] as? String }.starts(with: ["redis", "postgres"]))
    }

    @Test("a Redis that wants a password says so, and where it belongs; exit code 78")
    func password() async throws {
        var options = RedisServer.Options()
        options.password = "open-sesame"
        let server = try await RedisServer.start(options)
        let finished = try await Self.command(redis: "redis://127.0.0.1:\(server.port)").run(["queue", "stats"])
        #expect(finished.status == .exited(78))
        #expect(finished.standardError.contains("NOAUTH") && finished.standardError.contains("REDIS_URL carries"))
        let wrong = try await Self.command(redis: "redis://:shut-sesame@127.0.0.1:\(server.port)").run([
            "queue", "stats",
        ])
        #expect(wrong.status == .exited(78))
        #expect(!wrong.standardError.contains("shut-sesame"))
        try await server.kill()
    }

    @Test("a key of another type is named by no command but the doctor, to whom they send")
    func foreignKey() async throws {
        try await QueueStage.run { stage in
            _ = try await stage.redis.send(RedisCommand("SET", .text(stage.keys.ready), "1"))
            let command = try await Self.command(redis: RedisServer.shared().url, prefix: stage.prefix)
            let finished = try await command.run(["queue", "stats"])
            #expect(finished.status == .exited(1))
            #expect(finished.standardError.contains("WRONGTYPE") && finished.standardError.contains("`worker doctor`"))
            let doctor = try await command.run(["doctor"])
            #expect(doctor.standardOutput.contains("\(stage.keys.ready) is a string, not a list"))
        }
    }
}
