import Conversations
import Postgres
import TestSupport
import Testing

/// Calls open the 24-hour window as messages do.
@Suite("Customers' calls") struct CallTests {
    private func call(
        _ id: String, phone: String = "16505551234", event: String = "connect", at time: Int, name: String = "Ana",
        direction: String = "USER_INITIATED"
    ) -> String {
        #"{"object":"whatsapp_business_account","entry":[{"id":"waba-1","changes":[{"field":"calls","value":{"#
            + #""messaging_product":"whatsapp","metadata":{"display_phone_number":"1555","phone_number_id":"100"},"#
            + #""contacts":[{"profile":{"name":"\#(name)"},"wa_id":"\#(phone)"}],"calls":[{"id":"\#(id)","#
            + #""from":"\#(phone)","to":"1555","event":"\#(event)","timestamp":"\#(time)","#
            + #""direction":"\#(direction)"}]}}]}]}"#
    }

    private let seen =
        "select extract(epoch from last_inbound_at)::bigint, extract(epoch from last_message_at)::bigint"
        + " from whatsapp_conversations"

    @Test("a call is noted in its customer's conversation, once however often it comes, and never turns time back")
    func known() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.text("a", at: 1_700_000_000))
            let later = call("wacid.2", at: 1_700_009_000)
            try await harness.store(later, later, call("wacid.2", event: "terminate", at: 1_700_009_001))
            #expect(try await harness.sql(seen) == "1700009001|1700000000")
            // Late: a retry of Meta's, and an older call.
            try await harness.store(later, call("wacid.1", at: 1_700_005_000), Body.text("b", at: 1_700_006_000))
            #expect(try await harness.sql(seen) == "1700009001|1700006000")
            #expect(try await harness.sql("select field, count(*) from whatsapp_events group by 1") == "calls|3")
            try await harness.store(call("wacid.3", at: 1_700_010_000, direction: "BUSINESS_INITIATED"))
            #expect(try await harness.sql(seen) == "1700009001|1700006000")
        }
    }

    @Test("who calls before they ever write has a conversation from then on, and keeps it")
    func unknown() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(call("wacid.1", at: 1_700_000_000))
            #expect(try await harness.sql(seen) == "1700000000|")
            #expect(
                try await harness.sql("select customer_name, merged_into is null from whatsapp_conversations")
                    == "Ana|t")
            try await harness.store(Body.text("a", at: 1_700_000_100))
            #expect(try await harness.sql(seen) == "1700000100|1700000100")
            #expect(try await harness.sql("select count(*) from whatsapp_identities") == "1")
        }
    }

    @Test("a call and a message of a new customer in one batch are one conversation; so are eight workers' batches")
    func together() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(
                call("wacid.1", phone: "16505550001", at: 1_700_000_000), Body.text("a", phone: "16505550001"))
            #expect(try await harness.sql("select count(*) from whatsapp_conversations") == "1")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        let bodies = (0..<40).map { index in
                            (index + worker) % 2 == 0
                                ? call("wacid.\(worker).\(index)", phone: "1650556\(1_000 + index)", at: 1_700_000_000)
                                : Body.text("m\(worker).\(index)", phone: "1650556\(1_000 + index)")
                        }
                        try await harness.storeRetrying(worker % 3 == 0 ? bodies.reversed() : bodies)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await harness.sql("select count(*) from whatsapp_conversations") == "41")
            #expect(
                try await harness.sql("select count(*) from whatsapp_conversations where last_inbound_at is null")
                    == "0")
        }
    }

    @Test("calls for a number that nobody has set up yet are noted once it is")
    func unrouted() async throws {
        try await StoreHarness.run { harness in
            let early = call("wacid.1", at: 1_700_000_000).replacing(#""100""#, with: #""999""#)
            #expect(try await harness.store(early).unrouted == 1)
            try await harness.addTenant(number: "999", account: "waba-9")
            #expect(try await harness.drainUnrouted() == 1)
            #expect(try await harness.sql(seen) == "1700000000|")
        }
    }

    @Test("an erased customer's calls do not bring them back, those of others stay")
    func erased() async throws {
        try await ErasureHarness.run { harness in
            let theirs = call("wacid.1", phone: "16505550001", at: 1_700_000_000, name: "Anabel")
            try await harness.store.store(theirs, call("wacid.2", phone: "16505550002", at: 1_700_000_000))
            let outcome = try await harness.erase(.phone("16505550001"))
            #expect(outcome.conversations == 1 && outcome.events == 1)
            for _ in 0..<2 {
                #expect(try await harness.rows(holding: "16505550001") == "0")
                #expect(try await harness.store.sql("select value from whatsapp_identities") == "16505550002")
                try await harness.store.store(theirs)
            }
            try await harness.store.store(call("wacid.9", phone: "16505550001", at: 1_700_500_000))
            #expect(try await harness.store.sql("select count(*) from whatsapp_identities") == "2")
        }
    }
}
