import Conversations
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
}
