import Conversations
import Postgres
import Testing

@Suite struct UnroutedTests {
    @Test("what an unknown number received is kept once and stored when a tenant has the number")
    func kept() async throws {
        try await StoreHarness.run { harness in
            for _ in 0..<2 {
                try await harness.store(
                    Body.text("wamid.1", number: "200"), Body.status("wamid.0", "read", number: "200"))
            }
            #expect(try await harness.sql("select count(*) from whatsapp_unrouted") == "2")
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "0")
            #expect(try await harness.drainUnrouted() == 0)

            try await harness.addTenant(number: "200", account: "waba-2")
            #expect(try await harness.drainUnrouted() == 2)
            #expect(
                try await harness.sql("select tenant_id, wamid, text from whatsapp_messages") == "2|wamid.1|hello")
            #expect(try await harness.sql("select tenant_id, wamid from whatsapp_message_statuses") == "2|wamid.0")
            #expect(try await harness.sql("select count(*) from whatsapp_unrouted") == "0")
            #expect(try await harness.drainUnrouted() == 0)
        }
    }

    @Test("a batch for known and unknown numbers goes to both places")
    func mixed() async throws {
        try await StoreHarness.run { harness in
            let stored = try await harness.store(Body.text("wamid.1"), Body.text("wamid.2", number: "200"))
            #expect(stored.messages == 1)
            #expect(stored.unrouted == 1)
        }
    }

    @Test("a step takes no more bytes than it may, but always one change")
    func boundedBytes() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(
                Body.text("wamid.1", number: "200"), Body.text("wamid.2", number: "200"),
                Body.text("wamid.3", number: "200"))
            try await harness.addTenant(number: "200", account: "waba-2")
            #expect(try await harness.drainUnrouted(bytes: 1) == 1)
            #expect(try await harness.drainUnrouted() == 2)
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "3")
        }
    }

    @Test("a change that Postgres refuses can be moved raw, so that it holds back nobody")
    func movedRaw() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.text("wamid.1", text: "refused", number: "200"))
            try await harness.addTenant(number: "200", account: "waba-2")
            _ = try await harness.sql("alter table whatsapp_messages add check (text <> 'refused')")
            await #expect(throws: PostgresError.self) { try await harness.drainUnrouted() }
            #expect(try await harness.drainUnrouted(raw: true) == 1)
            #expect(
                try await harness.sql("select tenant_id, field, raw like '%refused%' from whatsapp_events")
                    == "2|unstorable|t")
            #expect(try await harness.sql("select count(*) from whatsapp_unrouted") == "0")
        }
    }

    @Test("a change with a thousand items for an unknown number is kept once")
    func manyItems() async throws {
        try await StoreHarness.run { harness in
            let messages = (0..<1_000).map {
                #"{"from":"1650","id":"wamid.\#($0)","timestamp":"1700000000","type":"text","text":{"body":"x"}}"#
            }
            let stored = try await harness.store(
                Body.value(#""messages":[\#(messages.joined(separator: ","))]"#, number: "200"))
            #expect(stored.unrouted == 1_000)
            #expect(try await harness.sql("select count(*) from whatsapp_unrouted") == "1")
        }
    }

    @Test("the same change under two accounts is kept for each")
    func twoAccounts() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(
                Body.value(#""errors":[{"code":1}]"#, number: "200", account: "waba-8"),
                Body.value(#""errors":[{"code":1}]"#, number: "200", account: "waba-9"))
            #expect(
                try await harness.sql("select waba_id from whatsapp_unrouted order by 1") == "waba-8\nwaba-9")
        }
    }
}
