import Conversations
import Postgres
import TestSupport
import Testing

/// What transactions that open conversations do to one another.
@Suite struct ConversationOpeningTests {
    private static let waiting = """
        select count(*) from pg_locks l join pg_stat_activity a on a.pid = l.pid
        where not l.granted and a.datname = current_database()
        """

    /// Stores bodies in a transaction that is not committed before `meanwhile` is through.
    /// - Parameters:
    ///   - latch: the key of a lock that keeps it open.
    ///   - waiting: how many wait for locks when it has written.
    private func uncommitted(
        _ bodies: String..., latch: Int = 99, waiting: Int = 1, in harness: StoreHarness,
        _ meanwhile: () async throws -> Void
    ) async throws {
        let holder = try await PostgresConnection.connect(PostgresConfiguration(url: harness.url))
        try await holder.withConnection { session in try session.run(script: "select pg_advisory_lock(\(latch))") }
        async let stored = harness.store(bodies, then: "select pg_advisory_xact_lock(\(latch))")
        do {
            try await waitForWaiters(waiting, in: harness)
            try await meanwhile()
        } catch {
            await holder.close()
            throw error
        }
        await holder.close()
        _ = try await stored
    }

    private func waitForWaiters(_ count: Int, in harness: StoreHarness) async throws {
        try await waitUntil("\(count) to wait for a lock") { try await harness.sql(Self.waiting) == String(count) }
    }

    @Test("new customers of one tenant do not wait for one another")
    func beside() async throws {
        try await StoreHarness.run { harness in
            try await uncommitted(Body.text("a1", phone: "1650", userID: "US.ana", at: 1_700_000_001), in: harness) {
                try await harness.store(Body.text("b1", phone: "1660", userID: "US.ben", at: 1_700_000_002))
                #expect(try await harness.partition() == "b1")
            }
            #expect(try await harness.partition() == "a1\nb1")
        }
    }

    @Test(
        "one person's first messages that are stored at once are one conversation, and nothing is left of the other",
        arguments: [
            ("1650", nil), (nil, "US.ana"), ("1650", "US.ana"),
        ] as [(String?, String?)])
    func together(phone: String?, userID: String?) async throws {
        try await StoreHarness.run { harness in
            var second: Task<Void, any Error>?
            try await uncommitted(Body.text("a1", phone: "1650", userID: "US.ana", at: 1_700_000_001), in: harness) {
                second = Task {
                    let bodies = [
                        Body.text("a2", phone: phone, userID: userID, at: 1_700_000_002),
                        Body.text("b1", phone: "1660", at: 1_700_000_003),
                    ]
                    try await harness.store(bodies)
                }
                try await waitForWaiters(2, in: harness)
            }
            try await second?.value
            #expect(try await harness.partition() == "a1 a2\nb1")
            #expect(try await harness.sql("select count(*) from whatsapp_conversations") == "2")
            #expect(try await harness.sql("select count(*) from whatsapp_identities") == "3")
        }
    }

    @Test("who decides about known customers waits for those who open conversations")
    func deciding() async throws {
        try await StoreHarness.run { harness in
            var second: Task<Void, any Error>?
            try await uncommitted(Body.text("a1", phone: "1650", at: 1_700_000_001), in: harness) {
                second = Task {
                    let change = Body.numberChange("a2", from: "1650", to: "1660", at: 1_700_000_002)
                    try await harness.store([change, Body.text("a3", phone: "1660", at: 1_700_000_003)])
                }
                try await waitForWaiters(2, in: harness)
            }
            try await second?.value
            #expect(try await harness.partition() == "a1 a2 a3")
            #expect(try await harness.sql("select count(*) from whatsapp_conversations") == "1")
        }
    }

    @Test("who meets somebody just opened waits for them, and for nobody else")
    func meeting() async throws {
        try await StoreHarness.run { harness in
            let (other, first) = (Body.text("d1", phone: "1690", at: 1), Body.text("a1", phone: "1650", at: 1))
            try await uncommitted(other, latch: 98, in: harness) {
                var second: Task<Void, any Error>?
                try await uncommitted(first, waiting: 2, in: harness) {
                    second = Task { try await harness.store(Body.text("a2", phone: "1650", at: 2)) }
                    try await waitForWaiters(3, in: harness)
                }
                try await second?.value
                #expect(try await harness.partition() == "a1 a2")
            }
            #expect(try await harness.partition() == "a1 a2\nd1")
        }
    }

    @Test("two that both met somebody do not wait for one another")
    func crossing() async throws {
        try await StoreHarness.run { harness in
            var others: [Task<Void, any Error>] = []
            try await uncommitted(Body.text("a1", phone: "1650", at: 1), in: harness) {
                for name in ["x", "y"] {
                    others.append(
                        Task {
                            try await harness.store(
                                Body.text("\(name)2", phone: "1660", at: 2), Body.text("\(name)1", phone: "1650", at: 3)
                            )
                        })
                }
                try await waitForWaiters(3, in: harness)
            }
            // Not tried again: a deadlock would be an error.
            for other in others { try await other.value }
            #expect(try await harness.partition() == "a1 x1 y1\nx2 y2")
            #expect(try await harness.sql("select count(*) from whatsapp_conversations") == "2")
        }
    }

    @Test("new customers who turn out to be one within a batch are opened once")
    func mergedAtOnce() async throws {
        try await StoreHarness.run { harness in
            try await uncommitted(Body.text("z1", phone: "1990", at: 1), in: harness) {
                try await harness.store(
                    Body.text("a1", phone: "1650", at: 1), Body.text("a2", phone: nil, userID: "US.ana", at: 2),
                    Body.text("b1", phone: "1660", at: 2), Body.text("a3", phone: "1650", userID: "US.ana", at: 3))
                #expect(try await harness.partition() == "a1 a2 a3\nb1")
                #expect(try await harness.sql("select count(*) from whatsapp_conversations") == "2")
            }
        }
    }

    @Test("a message that comes again beside what it began tells nothing to who had the number later")
    func again() async throws {
        try await StoreHarness.run { harness in
            let first = Body.text("w1", phone: "1650", name: "Ana", at: 1)
            var second: Task<Void, any Error>?
            try await uncommitted(
                first, Body.numberChange("w2", from: "1650", to: "1660", at: 2),
                Body.numberChange("w3", from: "1670", to: "1650", at: 3),
                Body.numberChange("w4", from: "1650", to: "1680", at: 4), in: harness
            ) {
                second = Task { try await harness.store(first) }
                try await waitForWaiters(2, in: harness)
            }
            try await second?.value
            #expect(try await harness.partition() == "w1 w2\nw3 w4")
            #expect(
                try await harness.sql(
                    """
                    select count(c.customer_name) from whatsapp_conversations c
                    join whatsapp_messages m on m.conversation_id = c.id where m.wamid = 'w4'
                    """) == "0")
        }
    }
}
