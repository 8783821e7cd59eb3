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

    @Test("what no tenant has is removed after the days that hold for all: changes, events and archived jobs")
    func unowned() async throws {
        try await StoreHarness.run { harness in
            for (number, days) in [("901", 40), ("902", 1)] {
                try await harness.store(
                    Body.text("u\(number)", number: number),
                    #"{"object":"whatsapp_business_account","entry":[{"id":"waba-9","changes":[{"field":"account_update","#
                        + #""value":{"event":"\#(number)"}}]}]}"#)
                _ = try await harness.sql(
                    """
                    insert into archived_jobs (queue, place, type, placed_at, purpose, element, element_hash, removed_at)
                    values ('inbound', 'dead', 'webhook', now(), 'archive', 'x', '\(number)', now()),
                        ('inbound', 'dead', 'webhook', now(), 'archive', 'y', '\(number)y', null);
                    update whatsapp_unrouted set created_at = now() - interval '\(days) days'
                    where phone_number_id = '\(number)';
                    update whatsapp_events set created_at = now() - interval '\(days) days'
                    where position('\(number)'::bytea in raw) > 0;
                    update archived_jobs set archived_at = now() - interval '\(days) days'
                    where position('\(number)'::bytea in element_hash) > 0
                    """)
            }
            let removed = try await harness.pool.withTransaction { session in
                try Retention().removeUnowned(days: 30, in: session)
            }
            #expect(removed == 3)
            #expect(
                try await harness.sql(
                    """
                    select (select string_agg(phone_number_id, ' ') from whatsapp_unrouted),
                        (select count(*) from whatsapp_events), (select count(*) from archived_jobs)
                    """) == "902|1|3")
        }
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

    @Test(
        "who called with a number of their own is forgotten after the days; of a number that changed hands it is needed"
    )
    func numberFacts() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(
                Body.call("wacid.1", phone: "16501", userID: "US.ana", at: 1_700_000_001),
                Body.call("wacid.2", phone: "16502", userID: "US.ben", at: 1_700_000_002))
            try await harness.store(Body.call("wacid.3", phone: "16502", userID: "US.cleo", at: 1_700_000_003))
            #expect(try await run(harness, days: nil).isEmpty)
            #expect(try await run(harness, days: 30).other == 1)
            #expect(
                try await harness.sql("select number, count(*) > 1 from whatsapp_number_facts group by 1")
                    == "16502|t")
        }
    }
}
