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

    private func partition(_ harness: StoreHarness) async throws -> String {
        try await harness.sql(
            "select string_agg(wamid, ' ' order by wamid) from whatsapp_messages group by conversation_id order by 1")
    }

    /// Stores a body in a transaction that is not committed before `meanwhile` is through.
    private func uncommitted(
        _ body: String, in harness: StoreHarness, _ meanwhile: () async throws -> Void
    ) async throws {
        let holder = try await PostgresConnection.connect(PostgresConfiguration(url: harness.url))
        try await holder.withConnection { session in try session.run(script: "select pg_advisory_lock(99)") }
        async let stored = harness.store([body], then: "select pg_advisory_xact_lock(99)")
        do {
            try await waitUntil("the first to have written") { try await harness.sql(Self.waiting) == "1" }
            try await meanwhile()
        } catch {
            await holder.close()
            throw error
        }
        await holder.close()
        _ = try await stored
    }

    @Test("new customers of one tenant do not wait for one another")
    func beside() async throws {
        try await StoreHarness.run { harness in
            try await uncommitted(Body.text("a1", phone: "1650", userID: "US.ana", at: 1_700_000_001), in: harness) {
                try await harness.store(Body.text("b1", phone: "1660", userID: "US.ben", at: 1_700_000_002))
                #expect(try await partition(harness) == "b1")
            }
            #expect(try await partition(harness) == "a1\nb1")
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
                try await waitUntil("the second to wait") { try await harness.sql(Self.waiting) == "2" }
            }
            try await second?.value
            #expect(try await partition(harness) == "a1 a2\nb1")
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
                try await waitUntil("the second to wait") { try await harness.sql(Self.waiting) == "2" }
            }
            try await second?.value
            #expect(try await partition(harness) == "a1 a2 a3")
            #expect(try await harness.sql("select count(*) from whatsapp_conversations") == "1")
        }
    }
}
