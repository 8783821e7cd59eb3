import TestSupport
import Testing

/// `worker customer erase`, as an operator uses it.
@Suite struct EraseCommandTests {
    @Test("an erased customer is in no dump of the database and in no key of Redis; other people's items stay")
    func erase() async throws {
        let (server, redis) = (try await PostgresServer.shared(), try await RedisServer.shared())
        let url = try await server.createDatabase()
        let prefix = "t\(UInt64.random(in: 0...UInt64.max))"
        let key = try await WorkerCommand(environment: [:]).generateKey()
        let command = try WorkerCommand(environment: [
            "DATABASE_URL": url, "REDIS_URL": redis.url, "QUEUE_PREFIX": prefix, "WHATSAPP_ENCRYPTION_KEY": key,
        ])
        try await command.output("migrate")
        let tenant = try await command.createTenant(
            "Acme", phoneNumberID: "100", wabaID: "42", accessToken: "EAAG-token")
        func element(_ payload: String, _ id: String) -> String {
            #"{"v":1,"id":"\#(id)","type":"webhook","received_at":1700000000000,"attempt":0,"crashes":0,"payload":"#
                + payload + "}"
        }
        let mixed =
            #"{"object":"whatsapp_business_account","entry":[{"id":"42","changes":[{"field":"messages","value":{"#
            + #""metadata":{"phone_number_id":"100"},"messages":[{"from":"16505550001"},{"from":"16505550002"}]}}]}]}"#
        _ = try await redis.cli("LPUSH", "\(prefix):{inbound}:ready", element(mixed, "01J00000000000000000000001"))
        _ = try await redis.cli(
            "ZADD", "\(prefix):{inbound}:dead", "5", element(#"{"from":"16505550001"}"#, "01J00000000000000000000002"))
        _ = try await redis.cli(
            "LPUSH", "\(prefix):{outbound}:ready",
            #"{"type":"text","payload":{"tenant":"\#(tenant.id)","to":"+16505550001","body":"x"}}"#)
        try await command.output(
            "send", "--tenant", tenant.id, "--to", "+16505550001", "--quote-id", "Q-1", "--url",
            "https://quotes.example.com/q/1")
        #expect(try await server.sql("select count(*) from whatsapp_messages", on: url) == "1")

        let wrong = try await command.run(["customer", "erase", "--tenant", tenant.id, "--phone", "+16505550001"])
        #expect(!wrong.succeeded)
        for (option, value) in [("--phone", "650555"), ("--phone", "CHANGES"), ("--user-id", "changes")] {
            let refused = try await command.run(["customer", "erase", "--tenant", tenant.id, option, value, "--yes"])
            #expect(!refused.succeeded && refused.standardError.contains("\(option) must be"), "\(value)")
        }
        let done = try await command.run(
            ["customer", "erase", "--tenant", tenant.id, "--phone", "+1 650 555 0001", "--yes", "--json"])
        #expect(done.succeeded, "\(done.standardError)")
        #expect(done.standardOutput.contains(#""messages":1"#))
        #expect(done.standardOutput.contains(#""jobs":3"#))
        #expect(
            try await redis.cli("LRANGE", "\(prefix):{inbound}:ready", "0", "-1")
                .contains(#""messages":[{"from":"16505550002"}]}}]}]}}"#))
        #expect(try await redis.cli("ZCARD", "\(prefix):{inbound}:dead").contains("0"))
        #expect(try await redis.cli("LRANGE", "\(prefix):{outbound}:ready", "0", "-1").contains("16505550001") == false)
        #expect(
            try await server.sql(
                "select (select count(*) from whatsapp_messages) + (select count(*) from whatsapp_identities)", on: url)
                == "0")
    }
}
