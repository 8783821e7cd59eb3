import Conversations
import Postgres
import TestSupport
import Testing

/// Who a message is from, when numbers and ids come together, change and go to others.
@Suite struct IdentityTests {
    /// The wamids of each conversation that has messages, one line for each.
    @Test("a number and an id first seen together merge their conversations; the old id redirects")
    func merge() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.text("a", phone: "1650", name: "Ana", at: 1_700_000_001))
            try await harness.store(Body.text("b", phone: nil, userID: "US.ana", name: "Ana B", at: 1_700_000_002))
            #expect(try await harness.partition() == "a\nb")
            try await harness.store(Body.text("c", phone: "1650", userID: "US.ana", name: "Ana C", at: 1_600_000_000))
            #expect(try await harness.partition() == "a b c")
            #expect(
                try await harness.sql(
                    """
                    select customer_name, extract(epoch from last_inbound_at)::bigint, merged_into is null
                    from whatsapp_conversations order by id
                    """) == "Ana B|1700000002|t\nAna B|1700000002|f")
            #expect(
                try await harness.sql("select distinct conversation_id from whatsapp_identities")
                    == (try await harness.sql("select min(id) from whatsapp_conversations")))
        }
    }

    @Test(
        "a recycled number shows nobody another one's messages",
        arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
    func recycled(order: [Int]) async throws {
        try await StoreHarness.run { harness in
            let bodies = [
                Body.text("a1", phone: "1650", userID: "US.ana", at: 1_700_000_001),
                Body.text("a2", phone: "1650", userID: "US.ana", at: 1_700_000_002),
                Body.text("b1", phone: "1650", userID: "US.ben", at: 1_700_000_003),
                Body.text("b2", phone: "1650", userID: "US.ben", at: 1_700_000_004),
            ]
            for index in order { try await harness.store(bodies[index]) }
            try await harness.store(Body.text("b3", phone: "1650", at: 1_700_000_005))
            try await harness.store(Body.text("a3", phone: "1650", at: 1_700_000_002))
            #expect(try await harness.partition() == "a1 a2 a3\nb1 b2 b3")
            for body in bodies { try await harness.store(body) }
            #expect(try await harness.partition() == "a1 a2 a3\nb1 b2 b3")
        }
    }

    @Test("a person who changes the number keeps the conversation; the old number is free", arguments: [false, true])
    func numberChange(together: Bool) async throws {
        try await StoreHarness.run { harness in
            let bodies = [
                Body.text("a1", phone: "1650", at: 1_700_000_001),
                Body.numberChange("a2", from: "1650", to: "1660", at: 1_700_000_002),
                Body.text("a3", phone: "1660", at: 1_700_000_003),
                Body.text("b1", phone: "1650", at: 1_700_000_004),
                Body.text("a4", phone: "1650", at: 1_700_000_001),
            ]
            if together {
                try await harness.store(bodies)
            } else {
                for body in bodies { try await harness.store(body) }
            }
            #expect(try await harness.partition() == "a1 a2 a3 a4\nb1")
            try await harness.store(bodies)
            #expect(try await harness.partition() == "a1 a2 a3 a4\nb1")
        }
    }

    @Test("who wrote from the new number before the change was told is the same person")
    func numberChangeLate() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.text("a3", phone: "1660", at: 1_700_000_003))
            try await harness.store(Body.text("a1", phone: "1650", at: 1_700_000_001))
            #expect(try await harness.partition() == "a1\na3")
            let before = try await harness.sql(
                "select conversation_id from whatsapp_identities where value = '1660'")
            try await harness.store(Body.numberChange("a2", from: "1650", to: "1660", at: 1_700_000_002))
            try await NumberSweep.run(in: harness.pool)
            #expect(try await harness.partition() == "a1 a2 a3")
            #expect(
                try await harness.sql("select merged_into is not null from whatsapp_conversations where id = \(before)")
                    == "t")
        }
    }

    @Test(
        "messages that name the number alone follow it when it is told later that it went to somebody else",
        arguments: [false, true])
    func bareNumbers(together: Bool) async throws {
        try await StoreHarness.run { harness in
            let early = [
                Body.text("a1", phone: "1650", userID: "US.ana", at: 1_700_000_001),
                Body.text("b3", phone: "1650", at: 1_700_000_005), Body.text("a2", phone: "1650", at: 1_700_000_002),
                Body.text("b4", phone: "1650", name: "Ben", at: 1_700_000_006),
            ]
            if together {
                try await harness.store(early)
            } else {
                for body in early { try await harness.store(body) }
            }
            #expect(try await harness.partition() == "a1 a2 b3 b4")
            try await harness.store(Body.text("b2", phone: "1650", userID: "US.ben", at: 1_700_000_004))
            try await NumberSweep.run(in: harness.pool)
            #expect(try await harness.partition() == "a1 a2\nb2 b3 b4")
            // Older news of the same person.
            try await harness.store(Body.text("b1", phone: "1650", at: 1_700_000_003))
            #expect(try await harness.partition() == "a1 a2 b1\nb2 b3 b4")
            try await harness.store(Body.text("b0", phone: "1650", userID: "US.ben", at: 1_700_000_003))
            try await NumberSweep.run(in: harness.pool)
            #expect(try await harness.partition() == "a1 a2\nb0 b1 b2 b3 b4")
            #expect(
                try await harness.sql(
                    """
                    select extract(epoch from last_message_at)::bigint, extract(epoch from last_inbound_at)::bigint
                    from whatsapp_conversations order by id
                    """) == "1700000002|1700000002\n1700000006|1700000006")
        }
    }

    @Test("who wrote from a number before a person got it is somebody else, and so is who writes from one given up")
    func handedNumbers() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(
                Body.text("c1", phone: "1660", at: 1_700_000_001), Body.text("c2", phone: "1660", at: 1_700_000_002))
            try await harness.store(Body.text("a1", phone: "1650", at: 1_700_000_001))
            try await harness.store(Body.text("d1", phone: "1650", at: 1_700_000_009))
            try await harness.store(Body.text("a3", phone: "1660", at: 1_700_000_006))
            try await harness.store(Body.numberChange("a2", from: "1650", to: "1660", at: 1_700_000_005))
            try await NumberSweep.run(in: harness.pool)
            #expect(try await harness.partition() == "a1 a2 a3\nc1 c2\nd1")
            try await harness.store(
                Body.text("d2", phone: "1650", at: 1_700_000_010), Body.text("a0", phone: "1650", at: 1_700_000_000),
                Body.text("c3", phone: "1660", at: 1_700_000_003), Body.text("a4", phone: "1660", at: 1_700_000_011))
            #expect(try await harness.partition() == "a0 a1 a2 a3 a4\nc1 c2 c3\nd1 d2")
        }
    }

    @Test("what a worker stores that had looked the number up before it moved follows, too")
    func staleLookUp() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.text("a1", phone: "1650", userID: "US.ana", at: 1_700_000_001))
            try await harness.store(Body.text("b1", phone: "1650", userID: "US.ben", at: 1_700_000_004))
            try await NumberSweep.run(in: harness.pool)
            _ = try await harness.sql(
                """
                insert into whatsapp_messages (id, tenant_id, conversation_id, wamid, direction, type, status, sent_at,
                    named_by)
                select 'late', 1, conversation_id, 'b2', 'inbound', 'text', 'received', to_timestamp(1700000005), '1650'
                from whatsapp_messages where wamid = 'a1'
                """)
            try await NumberSweep.run(in: harness.pool)
            #expect(try await harness.partition() == "a1\nb1 b2")
            _ = try await harness.sql(
                "update whatsapp_identities set told_at = now() - interval '2 minutes' where told_at is not null")
            try await NumberSweep.run(in: harness.pool)
            #expect(try await harness.sql("select count(*) from whatsapp_identities where told_at is not null") == "0")
        }
    }

    @Test("two ids are one person's only where WhatsApp names the previous one")
    func userIDChange() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.text("a1", phone: nil, userID: "US.old", at: 1_700_000_001))
            try await harness.store(Body.text("a2", phone: nil, userID: "US.new", at: 1_700_000_002))
            #expect(try await harness.partition() == "a1\na2")
            try await harness.store(
                Body.userIDChange("a3", previous: "US.old", to: "US.new", at: 1_700_000_002))
            #expect(try await harness.partition() == "a1 a2 a3")
            try await harness.store(Body.userIDChange("b1", previous: nil, to: "US.third", at: 1_700_000_003))
            #expect(try await harness.partition() == "a1 a2 a3\nb1")
        }
    }

    @Test("eight writers, customers known by id, by number and by both: one conversation each")
    func racingMerges() async throws {
        try await StoreHarness.run { harness in
            let (customers, writers) = (500, 8)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        var random = SeededRandom(seed: UInt64(writer))
                        var bodies: [String] = []
                        for number in 0..<1_250 {
                            let customer = Int.random(in: 0..<customers, using: &random)
                            let shape =
                                number < 3 * customers / writers ? number % 3 : Int.random(in: 0..<3, using: &random)
                            let person =
                                number < 3 * customers / writers
                                ? (writer * customers / writers + number / 3) % customers : customer
                            bodies.append(
                                Body.text(
                                    "w.\(writer).\(number)", phone: shape == 1 ? nil : "1650\(1_000 + person)",
                                    userID: shape == 0 ? nil : "US.p\(person)", at: 1_700_000_000 + number))
                        }
                        bodies.shuffle(using: &random)
                        while !bodies.isEmpty {
                            try await harness.storeRetrying(Array(bodies.prefix(50)))
                            bodies.removeFirst(min(50, bodies.count))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "10000")
            #expect(
                try await harness.sql("select count(*) from whatsapp_conversations where merged_into is null")
                    == "500")
            #expect(
                try await harness.sql(
                    """
                    select count(distinct m.conversation_id), count(*) filter (where c.merged_into is not null)
                    from whatsapp_messages m join whatsapp_conversations c on c.id = m.conversation_id
                    """) == "500|0")
        }
    }
}
