import Conversations
import Postgres
import TestSupport
import Testing

@Suite struct RetentionTests {
    private func run(_ harness: StoreHarness, days: Int32?, step: Int64 = 2) async throws -> Retention.Removed {
        let rules = try await harness.pool.withTransaction { session in try Retention.rules(days: days, in: session) }
        var sum = Retention.Removed()
        for rule in rules {
            var progress = Retention.Progress()
            while !progress.isDone {
                let before = progress
                let (after, removed) = try await harness.pool.withTransaction { session in
                    var progress = before
                    let removed = try Retention(step: step).advance(&progress, rule, in: session)
                    return (progress, removed)
                }
                progress = after
                sum += removed
            }
            let total = sum
            try await harness.pool.withTransaction { session in try Retention.note(total, rule, in: session) }
        }
        return sum
    }

    @Test("what is older than the tenant keeps it is removed with all that belongs to it; nothing else")
    func removes() async throws {
        try await StoreHarness.run { harness in
            try await harness.addTenant(number: "200", account: "waba-2")
            for number in ["100", "200"] {
                try await harness.store(
                    (0..<7).map { Body.text("old\($0)", phone: "1650\($0 % 3)", at: 1_700_000_000, number: number) })
                try await harness.store(
                    Body.status("old1", "read", number: number), Body.status("alone", "read", number: number))
                try await harness.store(Body.value(#""errors":[{"code":1}]"#, number: number))
            }
            for table in ["whatsapp_messages", "whatsapp_message_statuses", "whatsapp_events", "whatsapp_feed"] {
                _ = try await harness.sql("update \(table) set created_at = now() - interval '40 days'")
            }
            try await harness.store(Body.text("new", phone: "16501", at: 1_700_000_000))
            #expect(try await run(harness, days: nil).isEmpty)
            _ = try await harness.sql("update tenants set retention_days = 30 where id = 1")
            // Positions first: what has not been numbered is not removed.
            _ = try await harness.pool.withTransaction { session in try EventFeed.number(in: session) }
            let removed = try await run(harness, days: nil)
            #expect(removed.messages == 7)
            #expect(removed.events == 1)
            #expect(
                try await harness.sql("select tenant_id, count(*) from whatsapp_messages group by 1 order by 1")
                    == "1|1\n2|7")
            #expect(try await harness.sql("select distinct tenant_id from whatsapp_message_statuses") == "2")
            #expect(try await harness.sql("select distinct tenant_id from whatsapp_events") == "2")
            #expect(
                try await harness.sql("select detail ->> 'messages' from audit_log where action = 'retention'") == "7")
            #expect(try await run(harness, days: 8).messages == 7)
            #expect(try await harness.sql("select wamid from whatsapp_messages") == "new")
            _ = try await harness.sql("update tenants set retention_days = 0")
            #expect(try await run(harness, days: 8).isEmpty)
        }
    }
}
