import Conversations
import Postgres
import TestSupport
import Testing

@Suite struct ErasureTests {
    private func erase(
        _ harness: StoreHarness, phone: String? = nil, userID: String? = nil
    ) async throws -> CustomerErasure.Outcome {
        try await harness.pool.withTransaction { session in
            try CustomerErasure(tenant: 1, phone: phone, userID: userID).erase(
                actor: "operator", origin: "test", in: session)
        }
    }

    /// How many rows of the whole database hold the text, in whatever column.
    private func rows(_ harness: StoreHarness, holding text: String) async throws -> String {
        try await harness.sql(
            """
            select coalesce(sum((xpath('/row/c/text()', query_to_xml(format(
                'select count(*) as c from %I t where t::text like ''%%%s%%'' or t::text like ''%%%s%%''',
                tablename, '\(text)', encode(convert_to('\(text)', 'UTF8'), 'hex')), false, true, '')))[1]::text::int), 0)
            from pg_tables where schemaname = 'public'
            """)
    }

    @Test("an erased customer is gone from every table, and a repeated webhook brings nothing back")
    func gone() async throws {
        try await StoreHarness.run { harness in
            let theirs = [
                Body.text("a1", phone: "16505550001", name: "Anabel", at: 1_700_000_001, text: "secret words"),
                Body.text("a2", phone: nil, userID: "US.anabel", name: "Anabel", at: 1_700_000_002),
                Body.text("a3", phone: "16505550001", userID: "US.anabel", name: "Anabel", at: 1_700_000_003),
                Body.reaction("a4", to: "a1", "👍", at: 1_700_000_004, phone: "16505550001"),
                Body.value(#""errors":[{"code":1,"details":"16505550001 is away"}]"#),
                Body.text("x1", phone: "16505550001", number: "999"),
            ]
            try await harness.store(theirs)
            try await harness.store(Body.text("b1", phone: "16505550002", name: "Ben"))
            _ = try await harness.sql(
                """
                insert into whatsapp_outbox (tenant_id, request) values (1, '{"to":"+16505550001","type":"text"}');
                insert into archived_jobs (queue, place, type, placed_at, purpose, element, element_hash)
                values ('inbound', 'dead', 'webhook', now(), 'archive', 'x 16505550001 y', 'h'),
                    ('inbound', 'dead', 'unreadable', now(), 'archive',
                        convert_to(encode('xx16505550001', 'base64'), 'UTF8'), 'i'),
                    ('inbound', 'dead', 'webhook', now(), 'archive', 'x 16505550002 y', 'j')
                """)
            #expect(try await rows(harness, holding: "16505550001") != "0")
            let outcome = try await erase(harness, phone: "+16505550001")
            #expect(outcome.messages == 4)
            #expect(outcome.conversations == 1)
            #expect(outcome.identities == ["16505550001", "US.anabel"])
            #expect(outcome.archived == 2)
            for text in ["16505550001", "US.anabel", "Anabel", "secret words"] {
                #expect(try await rows(harness, holding: text) == "0", "\(text)")
            }
            #expect(try await harness.sql("select wamid from whatsapp_messages") == "b1")
            #expect(try await harness.sql("select count(*) from audit_log where action = 'customer.erase'") == "1")

            try await harness.store(Array(theirs.prefix(4)))
            for text in ["16505550001", "US.anabel", "Anabel", "secret words"] {
                #expect(try await rows(harness, holding: text) == "0", "\(text)")
            }
            #expect(try await erase(harness, phone: "16505550001").isEmpty)
            try await harness.store(Body.text("a9", phone: "16505550001", name: "Anabel"))
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "2")
        }
    }

    @Test("another tenant's customer with the same number stays")
    func otherTenant() async throws {
        try await StoreHarness.run { harness in
            try await harness.addTenant(number: "200", account: "waba-2")
            try await harness.store(Body.text("a"), Body.text("b", number: "200"))
            _ = try await erase(harness, phone: "16505551234")
            #expect(try await harness.sql("select tenant_id, wamid from whatsapp_messages") == "2|b")
        }
    }

    @Test("a thousand messages are erased in under five seconds, among many others", .timeLimit(.minutes(1)))
    func many() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(
                (0..<1_000).map { Body.text("a\($0)", phone: "16505550001", at: 1_700_000_000 + $0) })
            for part in 0..<4 {
                try await harness.store(
                    (0..<2_000).map { Body.text("b\(part).\($0)", phone: "1650556\($0 % 500)", at: 1_700_000_000 + $0) }
                )
            }
            let started = ContinuousClock.now
            #expect(try await erase(harness, phone: "16505550001").messages == 1_000)
            #expect(ContinuousClock.now - started < .seconds(5))
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "8000")
        }
    }
}
