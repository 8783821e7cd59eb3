import Conversations
import Erasure
import Logging
import Postgres
import Schema
import TestSupport
import Testing

/// What is kept of numbers that went from hand to hand, and what goes along with their messages.
@Suite struct IdentityHistoryTests {
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
            #expect(try await harness.partition() == "a1 a3 a4 a5\nb6\nc9")
            _ = try await harness.sql("delete from whatsapp_messages where wamid in ('a1', 'a4', 'b6', 'c9')")
            try await harness.store(
                Body.text("a2", phone: "1650", at: 1_700_000_002), Body.text("b5", phone: "1650", at: 1_700_000_005),
                Body.text("a8", phone: "1660", at: 1_700_000_008), Body.text("c10", phone: "1660", at: 1_700_000_010))
            try await NumberSweep.run(in: harness.pool)
            #expect(try await harness.partition() == "a2 a3 a5 a8\nb5\nc10")
        }
    }

    @Test("who called from a number had it between two messages of somebody else, in whatever order it is told")
    func callsBetween() async throws {
        let bodies = [
            Body.text("a1", phone: "1650", userID: "US.ana", at: 1_700_000_001),
            Body.call("wacid.1", phone: "1650", userID: "US.ben", at: 1_700_000_002),
            Body.text("a3", phone: "1650", userID: "US.ana", at: 1_700_000_003),
            Body.text("a4", phone: "1650", at: 1_700_000_004), Body.text("b2", phone: "1650", at: 1_700_000_002),
        ]
        for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 3, 1, 0, 4]] {
            try await StoreHarness.run { harness in
                for index in order {
                    try await harness.store(bodies[index])
                    try await NumberSweep.run(in: harness.pool)
                }
                #expect(try await harness.partition() == "a1 a3 a4\nb2", "\(order)")
            }
        }
    }

    @Test("a repetition opens no conversation of its own")
    func repeated() async throws {
        try await StoreHarness.run { harness in
            let bodies = [
                Body.text("a1", phone: "1650", at: 1_700_000_001),
                Body.numberChange("a2", from: "1650", to: "1660", at: 1_700_000_002),
                Body.text("b3", phone: "1650", name: "Ben", at: 1_700_000_003),
                Body.numberChange("b4", from: "1650", to: "1670", at: 1_700_000_004),
                Body.text("c5", phone: "1650", name: "Cleo", at: 1_700_000_005),
            ]
            for body in bodies { try await harness.store(body) }
            try await NumberSweep.run(in: harness.pool)
            let people =
                "select id, customer_name, last_inbound_at, merged_into from whatsapp_conversations order by id"
            let before = try await harness.sql(people)
            for body in bodies.reversed() { try await harness.store(body) }
            try await NumberSweep.run(in: harness.pool)
            #expect(try await harness.partition() == "a1 a2\nb3 b4\nc5")
            #expect(try await harness.sql(people) == before)
        }
    }

    @Test(
        "what a Worker of an earlier version stores beside this one stays with those whom it found",
        arguments: [false, true])
    func beside(isToldMore: Bool) async throws {
        try await StoreHarness.run { harness in
            _ = try await harness.sql(
                """
                insert into whatsapp_conversations (tenant_id) values (1), (1);
                insert into whatsapp_identities (tenant_id, kind, value, conversation_id, held_since, previous_id, moved_at)
                    values (1, 'user_id', 'US.ana', 1, null, null, null), (1, 'user_id', 'US.ben', 2, null, null, null),
                    (1, 'phone', '1650', 2, to_timestamp(1700000005), 1, now());
                insert into whatsapp_messages
                    (id, tenant_id, conversation_id, wamid, direction, type, status, sent_at, named_by)
                    values ('1', 1, 1, 'a1', 'inbound', 'text', 'received', to_timestamp(1700000001), '1650'),
                        ('2', 1, 2, 'b6', 'inbound', 'text', 'received', to_timestamp(1700000006), '1650')
                """)
            if isToldMore {
                try await harness.store(Body.text("c9", phone: "1650", userID: "US.cleo", at: 1_700_000_009))
            }
            try await NumberSweep.run(in: harness.pool)
            #expect(try await harness.partition() == (isToldMore ? "a1\nb6\nc9" : "a1\nb6"))
        }
    }

    @Test("a number that cannot be worked out keeps no other waiting")
    func failing() async throws {
        try await StoreHarness.run { harness in
            for number in ["1650", "1660"] {
                try await harness.store(
                    Body.text("b\(number)", phone: number, at: 1_700_000_005),
                    Body.text("a\(number)", phone: number, userID: "US.a\(number)", at: 1_700_000_001))
                try await harness.store(
                    Body.text("c\(number)", phone: number, userID: "US.b\(number)", at: 1_700_000_004))
            }
            _ = try await harness.sql(
                """
                create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
                create trigger refuse before update on whatsapp_messages for each row when (old.wamid = 'b1650')
                    execute function refuse()
                """)
            await #expect(throws: PostgresError.self) { try await NumberSweep.run(in: harness.pool) }
            #expect(try await harness.partition() == "a1650 b1650\na1660\nb1660 c1660\nc1650")
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
            #expect(try await harness.partition() == "a1 a5 a6\nb4")
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

    @Test("a call that is later than the messages that went to somebody else counts as before, with the name")
    func callAfterwards() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(
                Body.text("a1", phone: "1650", userID: "US.ana", name: "Ana", at: 1_700_000_001),
                Body.text("b3", phone: "1650", name: "Ben", at: 1_700_000_003))
            try await harness.store(
                Body.text("a5", phone: nil, userID: "US.ana", name: "Ana", at: 1_700_000_005),
                Body.call("wacid.1", phone: "1660", userID: "US.ana", at: 1_700_000_009))
            _ = try await harness.sql("delete from whatsapp_messages where wamid = 'a5'")
            try await harness.store(
                Body.text("b2", phone: "1650", userID: "US.ben", name: "Ben", at: 1_700_000_002))
            try await NumberSweep.run(in: harness.pool)
            #expect(
                try await harness.sql(
                    """
                    select customer_name, extract(epoch from last_message_at)::bigint,
                        extract(epoch from last_inbound_at)::bigint
                    from whatsapp_conversations order by id
                    """) == "Ana|1700000005|1700000009\nBen|1700000003|1700000003")
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
            #expect(try await harness.partition() == "a1 a2\nb6 b7\nc9")
            try await harness.store(Body.text("b8", phone: "1650", userID: "US.ben", at: 1_700_000_003))
            try await NumberSweep.run(in: pool)
            #expect(try await harness.partition() == "a1 a2\nb6 b7 b8\nc9")
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

    @Test("of a number that somebody else has now, its former holder is erased, and whose it is stays known")
    func formerErased() async throws {
        try await ErasureHarness.run { harness in
            let store = harness.store
            try await store.addTenant(number: "200", account: "waba-2")
            for number in ["100", "200"] {
                try await store.store(
                    Body.text("a1", phone: "16505550001", userID: "US.ana", at: 1_700_000_001, number: number),
                    Body.text("b6", phone: "16505550001", at: 1_700_000_006, number: number))
                try await store.store(
                    Body.text("b5", phone: "16505550001", userID: "US.ben", at: 1_700_000_005, number: number))
            }
            _ = try await harness.erase(.userID("US.ana"), asOperator: true)
            #expect(
                try await store.sql("select tenant_id, wamid from whatsapp_messages order by 1, 2")
                    == "1|b5\n1|b6\n2|a1\n2|b5\n2|b6")
            try await store.store(
                Body.text("b4", phone: "16505550001", at: 1_700_000_004),
                Body.text("b7", phone: "16505550001", at: 1_700_000_007))
            try await NumberSweep.run(in: store.pool)
            #expect(
                try await store.sql(
                    """
                    select tenant_id, string_agg(wamid, ' ' order by wamid) from whatsapp_messages
                    group by tenant_id, conversation_id order by 1, 2
                    """) == "1|b4 b5 b6 b7\n2|a1\n2|b5 b6")
        }
    }
}
