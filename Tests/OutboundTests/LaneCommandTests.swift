import Foundation
import TestSupport
import Testing

/// `worker lane …` as an operator uses it, and what is written down of pauses and retries.
@Suite("The worker's commands for lanes")
struct LaneCommandTests {
    private struct Stage {
        let command: WorkerCommand
        let database: String
        let redis: RedisServer
        let prefix: String

        static func make(database reachable: Bool = true) async throws -> Stage {
            let redis = try await RedisServer.shared()
            let url = try await PostgresServer.shared().createDatabase()
            let key = try await WorkerCommand(environment: [:]).generateKey()
            let prefix = "t\(UInt64.random(in: 0...UInt64.max))"
            var environment = [
                "DATABASE_URL": url, "REDIS_URL": redis.url, "QUEUE_PREFIX": prefix, "WHATSAPP_ENCRYPTION_KEY": key,
            ]
            let command = try WorkerCommand(environment: environment)
            try await command.output("migrate")
            _ = try await command.createTenant("Acme", phoneNumberID: "100", wabaID: "42", accessToken: "EAAG-token")
            guard !reachable else { return Stage(command: command, database: url, redis: redis, prefix: prefix) }
            environment["DATABASE_URL"] = try "postgres://nobody@127.0.0.1:\(freePort())/none"
            return Stage(
                command: try WorkerCommand(environment: environment), database: url, redis: redis, prefix: prefix)
        }

        func sql(_ text: String) async throws -> String { try await PostgresServer.shared().sql(text, on: database) }
        func key(_ name: String) -> String { "\(prefix):{outbound}:\(name)" }
    }

    private static func object(_ text: String) throws -> [String: Any]? {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    }

    @Test("a pause stops the lane and tells the tenant why; its end lets both go on; both are in the audit log")
    func pauseAndResume() async throws {
        let stage = try await Stage.make()
        let paused = try await stage.command.run(["lane", "pause", "100", "--reason", "they asked for it", "--json"])
        #expect(paused.succeeded && paused.standardError.isEmpty, "\(paused.standardError)")
        let answer = try #require(try Self.object(paused.standardOutput))
        #expect(answer["changed"] as? Bool == true && answer["phone_number_id"] as? String == "100")
        #expect(
            try await stage.sql("select status, status_reason from whatsapp_configs") == "paused|they asked for it")
        #expect(try await stage.redis.cli("hget", stage.key("lanes:paused"), "100").contains("they asked for it"))

        let again = try await stage.command.output("lane", "pause", "100", "--reason", "another")
        #expect(again.contains("was paused already") && again.contains("they asked for it"))
        let list = try await stage.command.output("lane", "list")
        #expect(list.contains("100") && list.contains("paused") && list.contains("they asked for it"))
        let json = try await stage.command.output("lane", "list", "--json")
        let lanes = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        let pause = lanes.first?["pause"] as? [String: Any]
        #expect(lanes.count == 1 && lanes.first?["phone_number_id"] as? String == "100")
        #expect(pause?["reason"] as? String == "they asked for it")
        #expect((pause?["since"] as? String)?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
        let doctor = try await stage.command.run(["doctor"])
        #expect(doctor.standardOutput.contains("WARN  outbound-lanes-paused: 1 numbers are paused: 100"))

        #expect(try await stage.command.output("lane", "resume", "100").contains("100 goes on"))
        #expect(try await stage.sql("select status, status_reason is null from whatsapp_configs") == "active|t")
        #expect(try await stage.redis.cli("hlen", stage.key("lanes:paused")) == "0")
        #expect(try await stage.command.output("lane", "resume", "100") == "100 was neither paused nor held.\n")
        #expect(
            try await stage.sql(
                "select action, detail->>'phone_number_id' from audit_log where action like 'lane.%' "
                    + "order by id limit 1") == "lane.pause|100")
        #expect(try await stage.sql("select count(*) from audit_log where action = 'lane.resume'") == "2")
    }

    @Test("resume ends a hold that Meta asked for, alone or with a pause, and says which")
    func holds() async throws {
        let stage = try await Stage.make()
        let job = #"{"v":1,"id":"01SEND","type":"text","received_at":1,"attempt":0,"crashes":0,"payload":{}}"#
        _ = try await stage.redis.cli("lpush", stage.key("lane:100"), job)
        let seconds = try #require(Int64(try await stage.redis.cli("time").prefix(10)))
        func hold() async throws {
            _ = try await stage.redis.cli("set", stage.key("rate:number:100"), "0:\((seconds + 7_200) * 1_000):3")
            _ = try await stage.redis.cli("zadd", stage.key("lanes"), "\((seconds + 7_200) * 1_000)", "100")
        }
        try await hold()
        #expect(try await stage.command.output("lane", "list").contains("held by Meta for 1 h 59 min"))
        let resumed = try await stage.command.output("lane", "resume", "100")
        #expect(resumed == "100 goes on; it was held by Meta for another 1 h 59 min\n")
        #expect(try await stage.command.output("lane", "list").contains("sending"))
        #expect(try await stage.redis.cli("llen", stage.key("wake")) == "1")

        try await hold()
        let answer = try #require(
            try Self.object(try await stage.command.output("lane", "resume", "100", "--json")))
        #expect(answer["changed"] as? Bool == true && answer["pause"] is NSNull)
        #expect((answer["held_until"] as? String)?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
        let again = try #require(
            try Self.object(try await stage.command.output("lane", "resume", "100", "--json")))
        #expect(again["changed"] as? Bool == false && again["held_until"] is NSNull)

        try await hold()
        try await stage.command.output("lane", "pause", "100", "--reason", "a drill")
        let both = try await stage.command.output("lane", "resume", "100")
        #expect(both.hasPrefix("100 goes on; it was held by Meta for another 1 h 59 min, and it was paused since "))
        #expect(both.hasSuffix(": a drill\n"))
        #expect(try await stage.command.output("lane", "list").contains("sending"))
    }

    @Test("a number that no tenant has is an error, and nothing is paused; a pause that stands there can be ended")
    func unknownNumber() async throws {
        let stage = try await Stage.make()
        for arguments in [["pause", "nope", "--reason", "a typing error"], ["resume", "nope"]] {
            let refused = try await stage.command.run(["lane"] + arguments)
            #expect(!refused.succeeded && refused.standardOutput.isEmpty, "\(refused.standardOutput)")
            #expect(refused.standardError.contains("no tenant has the number nope"), "\(refused.standardError)")
        }
        #expect(try await stage.redis.cli("hlen", stage.key("lanes:paused")) == "0")
        #expect(try await stage.sql("select count(*) from audit_log where action like 'lane.%'") == "0")
        _ = try await stage.redis.cli(
            "hset", stage.key("lanes:paused"), "nope", #"{"since":1,"by":"x","reason":"given up since\u202e"}"#)
        #expect(try await !stage.command.run(["lane", "pause", "nope", "--reason", "again"]).succeeded)
        #expect(try await stage.redis.cli("hlen", stage.key("lanes:paused")) == "1", "it was not ours to end")
        let list = try await stage.command.output("lane", "list")
        #expect(list.contains("given up since\u{FFFD}") && !list.unicodeScalars.contains("\u{202E}"))
        #expect(try await stage.command.output("lane", "resume", "nope").contains("nope goes on"))
    }

    @Test("without Postgres a lane and a queue can be paused all the same, and what is missing then is said")
    func withoutPostgres() async throws {
        let stage = try await Stage.make(database: false)
        let lane = try await stage.command.run(["lane", "pause", "100", "--reason", "stop"])
        #expect(lane.succeeded && lane.standardError.contains("audit log"), "\(lane.standardError)")
        #expect(try await stage.redis.cli("hlen", stage.key("lanes:paused")) == "1")
        let resume = try await stage.command.run(["lane", "resume", "100"])
        #expect(resume.status == .exited(69))
        let queue = try await stage.command.run(["queue", "pause", "outbound", "--reason", "stop"])
        #expect(queue.succeeded && queue.standardError.contains("not written to the audit log"))
        #expect(try await stage.redis.cli("exists", stage.key("paused")) == "1")
        #expect(try await stage.command.run(["queue", "resume", "outbound"]).succeeded)
    }

    @Test("pauses, resumes and retries of queues are in the audit log with who, what and why")
    func audit() async throws {
        let stage = try await Stage.make()
        let job = #"{"v":1,"id":"J1","type":"text","received_at":1,"attempt":3,"crashes":0,"payload":{}}"#
        _ = try await stage.redis.cli("zadd", stage.key("dead"), "1", job)
        try await stage.command.output("queue", "pause", "outbound", "--reason", "a drill")
        try await stage.command.output("queue", "retry", "J1")
        try await stage.command.output("queue", "resume", "outbound")
        // What changes nothing is not written down.
        try await stage.command.output("queue", "resume", "outbound")
        #expect(
            try await stage.sql(
                "select action, detail->>'queue', coalesce(detail->>'reason', detail->>'job'), origin like 'cli:%' "
                    + "from audit_log where action like 'queue.%' order by id")
                == "queue.pause|outbound|a drill|t\nqueue.retry|outbound|J1|t\nqueue.resume|outbound||t")
    }

    @Test("stats, peek and show know what waits in the lanes; doctor names a lane that never comes to its turn")
    func lanes() async throws {
        let stage = try await Stage.make()
        let job = #"{"v":1,"id":"01SEND","type":"text","received_at":1,"attempt":0,"crashes":0,"payload":{}}"#
        _ = try await stage.redis.cli("lpush", stage.key("lane:100"), job)
        let lost = try await stage.command.run(["doctor"])
        #expect(lost.status == .exited(1) && lost.standardOutput.contains("FAIL  lanes: 1 sends in 1 lanes"))
        _ = try await stage.redis.cli("zadd", stage.key("lanes"), "nx", "0", "100")
        #expect(try await stage.command.run(["doctor"]).standardOutput.contains("OK    lanes: every lane"))
        let stats = try await stage.command.output("queue", "stats", "outbound", "--json")
        #expect(stats.contains(#""lanes":1"#) && !stats.contains(#""oldest_age_seconds":null"#))
        #expect(try await stage.command.output("queue", "peek", "outbound", "--state", "lane").contains("01SEND"))
        let shown = try await stage.command.output("queue", "show", "01SEND", "--json")
        #expect(shown.contains(#""place":"lane""#) && shown.contains(#""number":"100""#))
        let retry = try await stage.command.run(["queue", "retry", "01SEND"])
        #expect(retry.status == .exited(1) && retry.standardError.contains("lane of 100"))
        let discard = try await stage.command.run(["queue", "discard", "01SEND", "--yes"])
        #expect(discard.status == .exited(1) && discard.standardError.contains("only a turn"))
        try await stage.command.output("lane", "pause", "100", "--reason", "a drill")
        let paused = try await stage.command.output("queue", "stats", "outbound", "--json")
        #expect(paused.contains(#""lanes":1"#) && paused.contains(#""oldest_age_seconds":null"#))
    }
}
