import Foundation
import TestSupport
import Testing

/// The built program, as an operator uses it for sends.
@Suite("The worker's commands for sends")
struct CommandTests {
    private struct Stage {
        let command: WorkerCommand
        let tenant: WorkerCommand.Tenant
        let database: String
        let redis: RedisServer
        let prefix: String

        static func make() async throws -> Stage {
            let server = try await PostgresServer.shared()
            let redis = try await RedisServer.shared()
            let url = try await server.createDatabase()
            let key = try await WorkerCommand(environment: [:]).generateKey()
            let prefix = "t\(UInt64.random(in: 0...UInt64.max))"
            let command = try WorkerCommand(environment: [
                "DATABASE_URL": url, "REDIS_URL": redis.url, "QUEUE_PREFIX": prefix, "WHATSAPP_ENCRYPTION_KEY": key,
            ])
            try await command.output("migrate")
            let tenant = try await command.createTenant(
                "Acme", phoneNumberID: "100", wabaID: "42", accessToken: "EAAG-first-token")
            return Stage(command: command, tenant: tenant, database: url, redis: redis, prefix: prefix)
        }

        func sql(_ text: String) async throws -> String { try await PostgresServer.shared().sql(text, on: database) }
    }

    @Test("send stores a message once, gives it a turn, and explain tells its story")
    func send() async throws {
        let stage = try await Stage.make()
        let arguments = [
            "send", "--tenant", stage.tenant.id, "--to", "+16505551234", "--quote-id", "Q-1", "--url",
            "https://quotes.example.com/q/1", "--json",
        ]
        let first = try await stage.command.run(arguments)
        #expect(first.succeeded, "\(first.standardError)")
        let answer = try #require(
            try JSONSerialization.jsonObject(with: Data(first.standardOutput.utf8)) as? [String: String])
        #expect(answer["status"] == "queued")
        let id = try #require(answer["id"])
        let again = try await stage.command.run(arguments)
        #expect(again.standardOutput == first.standardOutput)

        let conflict = try await stage.command.run(arguments + ["--button", "Open"])
        #expect(conflict.status == .exited(1))
        #expect(conflict.standardError.contains(id) && conflict.standardError.contains("button"))

        let story = try await stage.command.output("explain", "Q-1")
        #expect(story.contains(id) && story.contains("asked for by worker send") && story.contains("Next: It goes out"))
        #expect(!story.contains("+16505551234"))
        let json = try await stage.command.output("explain", id, "--json", "--reveal")
        let stories = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        #expect(stories.first?["to"] as? String == "+16505551234" && stories.first?["next"] is String)
        let nothing = try await stage.command.run(["explain", "Q-2"])
        #expect(nothing.status == .exited(1) && nothing.standardOutput.isEmpty)
        #expect(
            try await stage.sql("select actor, detail->>'message_id' from audit_log where action = 'send.create'")
                == "operator|\(id)")
    }

    @Test("a request from standard input, and refusals that name the field")
    func requests() async throws {
        let stage = try await Stage.make()
        let sent = try await stage.command.run(
            ["send", "--tenant", stage.tenant.id, "--request-stdin"], input: Ask.text() + "\n")
        #expect(sent.succeeded && sent.standardOutput.contains("is queued."))
        for (input, words) in [
            (Ask.text(to: "16505551234"), "to: expected a phone number"), ("{", "not JSON"),
            (Ask.text(more: #","on_close":"wait""#), "on_close: is no field"),
        ] {
            let refused = try await stage.command.run(
                ["send", "--tenant", stage.tenant.id, "--request-stdin"], input: input)
            #expect(refused.status == .exited(1) && refused.standardError.contains(words), "\(refused.standardError)")
        }
        let unknown = try await stage.command.run(["send", "--tenant", "99", "--request-stdin"], input: Ask.text())
        #expect(unknown.status == .exited(1) && unknown.standardError.contains("tenant: is no tenant's id"))
        let none = try await stage.command.run(["send", "--tenant", stage.tenant.id, "--to", "+16505551234"])
        #expect(none.status == .exited(64))
    }

    @Test("set-token lets a paused number go on; rotate-key ends the earlier key; disable switches off")
    func tenant() async throws {
        let stage = try await Stage.make()
        _ = try await stage.sql("update whatsapp_configs set status = 'paused', status_reason = 'token expired'")
        let paused = "\(stage.prefix):{outbound}:lanes:paused"
        _ = try await stage.redis.cli("HSET", paused, "100", "token expired")
        let saved = try await stage.command.run(
            ["tenant", "set-token", "--tenant", stage.tenant.id, "--access-token-stdin"], input: "EAAG-second-token\n")
        #expect(saved.succeeded, "\(saved.standardError)")
        #expect(!(saved.standardOutput + saved.standardError).contains("EAAG"))
        #expect(try await stage.sql("select status, access_token_last4 from whatsapp_configs") == "active|oken")
        let unknown = try await stage.command.run(
            ["tenant", "set-token", "--tenant", "99", "--access-token-stdin"], input: "x")
        #expect(unknown.status == .exited(1))

        let rotated = try await stage.command.output("tenant", "rotate-key", "--tenant", stage.tenant.id, "--json")
        #expect(rotated.contains("qlk_") && !rotated.contains(stage.tenant.apiKey))
        #expect(try await stage.sql("select count(*) from api_keys where revoked_at is null") == "1")
        #expect(
            try await stage.command.output("tenant", "disable", "--tenant", stage.tenant.id).contains("is disabled."))
        let refused = try await stage.command.run(
            ["send", "--tenant", stage.tenant.id, "--to", "+16505551234", "--text", "a"])
        #expect(refused.status == .exited(1) && refused.standardError.contains("disabled"))
    }

    @Test(
        "a queued message can be taken back, one in doubt sent once more or given up, and an ended one asked for again")
    func decisions() async throws {
        let stage = try await Stage.make()
        func send(_ quote: String) async throws -> String {
            let said = try await stage.command.output(
                "send", "--tenant", stage.tenant.id, "--to", "+16505551234", "--quote-id", quote, "--url",
                "https://quotes.example.com/q/1", "--json")
            let answer = try JSONSerialization.jsonObject(with: Data(said.utf8)) as? [String: String]
            return try #require(answer?["id"])
        }
        let (first, second) = (try await send("Q-1"), try await send("Q-2"))
        let early = try await stage.command.run(["message", "resend", first])
        #expect(early.status == .exited(1) && early.standardError.contains("is queued"))
        try await stage.command.output("message", "cancel", first)
        let late = try await stage.command.run(["message", "cancel", first])
        #expect(late.status == .exited(1) && late.standardError.contains("is cancelled"))
        let said = try await stage.command.output("message", "again", first)
        #expect(
            try await stage.command.output("message", "again", first)
                == said.replacing(
                    " is queued.", with: " is queued, as asked for before."))
        _ = try await stage.sql("update whatsapp_messages set status = 'unknown', held = true where id = '\(second)'")
        try await stage.command.output("message", "resend", second)
        #expect(try await stage.sql("select status, held from whatsapp_messages where id = '\(second)'") == "queued|f")
        _ = try await stage.sql("update whatsapp_messages set status = 'unknown' where id = '\(second)'")
        try await stage.command.output("message", "give-up", second)
        #expect(try await stage.sql("select status from whatsapp_messages where id = '\(second)'") == "failed")
        let nobody = try await stage.command.run(["message", "cancel", "01ABC"])
        #expect(nobody.status == .exited(1) && nobody.standardError.contains("01ABC"))
        #expect(try await stage.sql("select count(*) from audit_log where action like 'send.%'") == "6")
    }
}
