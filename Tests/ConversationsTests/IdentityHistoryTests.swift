import Conversations
import Erasure
import Logging
import Postgres
import Schema
import TestSupport
import Testing

/// What is kept of numbers that went from hand to hand, and what goes along with their messages.
@Suite struct IdentityHistoryTests {
    private func partition(_ harness: StoreHarness) async throws -> String {
        try await harness.sql(
            "select string_agg(wamid, ' ' order by wamid) from whatsapp_messages group by conversation_id order by 1")
    }

    @Test("whose a number was is known when the messages that told it have been removed")
    func outlivesMessages() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(
                Body.text("a1", phone: "1650", userID: "US.ana", at: 1_700_000_001),
                Body.text("a3", phone: "1650", at: 1_700_000_003),
                Body.numberChange("a4", from: "1650", to: "1660", at: 1_700_000_004),
                Body.text("a5", phone: "1660", at: 1_700_000_005))
            try await harness.store(Body.text("b6", phone: "1650", userID: "US.ben", at: 1_700_000_006))
            try await harness.store(Body.text("c9", phone: "1660", userID: "US.cleo", at: 1_700_000_009))
            try await NumberSweep.run(in: harness.pool)
            #expect(try await partition(harness) == "a1 a3 a4 a5\nb6\nc9")
            _ = try await harness.sql("delete from whatsapp_messages where wamid in ('a1', 'a4', 'b6', 'c9')")
            try await harness.store(
                Body.text("a2", phone: "1650", at: 1_700_000_002), Body.text("b5", phone: "1650", at: 1_700_000_005),
                Body.text("a8", phone: "1660", at: 1_700_000_008), Body.text("c10", phone: "1660", at: 1_700_000_010))
            try await NumberSweep.run(in: harness.pool)
            #expect(try await partition(harness) == "a2 a3 a5 a8\nb5\nc10")
        }
    }

    @Test(
        "who called with a number between two messages of somebody else had it in between only",
        arguments: [false, true])
    func calledBetween(isCallLate: Bool) async throws {
        try await StoreHarness.run { harness in
            let call = Body.call("wacid.1", phone: "1650", userID: "US.ben", at: 1_700_000_003)
            if !isCallLate { try await harness.store(call) }
            try await harness.store(
                Body.text("a1", phone: "1650", userID: "US.ana", at: 1_700_000_001),
                Body.text("b4", phone: "1650", at: 1_700_000_004),
                Body.text("a5", phone: "1650", userID: "US.ana", at: 1_700_000_005),
                Body.text("a6", phone: "1650", at: 1_700_000_006))
            if isCallLate { try await harness.store(call) }
            try await NumberSweep.run(in: harness.pool)
            #expect(try await partition(harness) == "a1 a5 a6\nb4")
        }
    }

    @Test("names and times go along with the messages that told them")
    func names() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(
                Body.text("a1", phone: "1650", userID: "US.ana", name: "Ana", at: 1_700_000_001),
                Body.text("b3", phone: "1650", name: "Ben", at: 1_700_000_003))
            let people =
                "select customer_name, extract(epoch from last_inbound_at)::bigint from whatsapp_conversations order by id"
            #expect(try await harness.sql(people) == "Ben|1700000003")
            try await harness.store(
                Body.text("b2", phone: "1650", userID: "US.ben", name: "Ben B", at: 1_700_000_002))
            try await NumberSweep.run(in: harness.pool)
            // What Ana was called is told again by her next message; until then nobody else's name stands there.
            #expect(try await harness.sql(people) == "|1700000001\nBen|1700000003")
            try await harness.store(Body.text("a4", phone: nil, userID: "US.ana", name: "Ana", at: 1_700_000_004))
            #expect(try await harness.sql(people) == "Ana|1700000004\nBen|1700000003")
        }
    }

    @Test("what an earlier version knew of a number's two holders counts as before")
    func upgraded() async throws {
        let server = try await PostgresServer.shared()
        let url = try await server.createDatabase()
        let configuration = try PostgresConfiguration(url: url)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let before = Schema.migrations.filter { $0.number < 10 }
        _ = try await MigrationRunner(migrations: before).migrate(configuration, logger: logger)
        _ = try await server.sql(
            """
            insert into tenants (name) values ('t');
            insert into whatsapp_configs (tenant_id, phone_number_id, waba_id, access_token, access_token_set_by)
                values (1, '100', 'waba-1', '\\x00', 'test');
            insert into whatsapp_conversations (tenant_id) values (1), (1);
            insert into whatsapp_identities (tenant_id, kind, value, conversation_id, held_since, previous_id) values
                (1, 'user_id', 'US.ana', 1, null, null), (1, 'user_id', 'US.ben', 2, null, null),
                (1, 'phone', '1650', 2, to_timestamp(1700000005), 1);
            insert into whatsapp_messages (id, tenant_id, conversation_id, wamid, direction, type, status, sent_at, named_by)
                values ('1', 1, 1, 'a1', 'inbound', 'text', 'received', to_timestamp(1700000001), '1650'),
                    ('2', 1, 2, 'b6', 'inbound', 'text', 'received', to_timestamp(1700000006), '1650')
            """, on: url)
        _ = try await MigrationRunner(migrations: Schema.migrations).migrate(configuration, logger: logger)
        try await PostgresPool.withPool(configuration: configuration, size: 2, logger: logger) { pool in
            let harness = StoreHarness(server: server, url: url, pool: pool)
            try await harness.store(
                Body.text("a2", phone: "1650", at: 1_700_000_002), Body.text("b7", phone: "1650", at: 1_700_000_007),
                Body.text("c9", phone: "1650", userID: "US.cleo", at: 1_700_000_009))
            try await NumberSweep.run(in: pool)
            #expect(try await partition(harness) == "a1 a2\nb6 b7\nc9")
            try await harness.store(Body.text("b8", phone: "1650", userID: "US.ben", at: 1_700_000_003))
            try await NumberSweep.run(in: pool)
            #expect(try await partition(harness) == "a1 a2\nb6 b7 b8\nc9")
        }
    }

    @Test("of an erased customer no number and no change of numbers stays on record")
    func erased() async throws {
        try await ErasureHarness.run { harness in
            let store = harness.store
            try await store.store(
                Body.text("a1", phone: "16505550001", userID: "US.ana", at: 1_700_000_001),
                Body.numberChange("a2", from: "16505550001", to: "16505550002", at: 1_700_000_002),
                Body.text("a3", phone: "16505550002", userID: "US.ana", at: 1_700_000_003),
                Body.call("wacid.1", phone: "16505550002", userID: "US.ana", at: 1_700_000_004),
                Body.text("b1", phone: "16505550009", userID: "US.ben", at: 1_700_000_005))
            // Told late, by a number that she has not any more: hers all the same when she is erased.
            try await store.store(Body.text("a0", phone: "16505550001", at: 1_700_000_000, text: "secret words"))
            _ = try await harness.erase(.userID("US.ana"), asOperator: true)
            for text in ["16505550001", "16505550002", "US.ana", "secret words"] {
                #expect(try await harness.rows(holding: text) == "0", "\(text)")
            }
            #expect(try await store.sql("select wamid from whatsapp_messages") == "b1")
        }
    }
}
