import Logging
import Outbound
import OutboundLanes
import Postgres
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@Suite("Outbox")
struct OutboxTests {
    private struct Cut: Error {}

    private func drain(_ harness: SendHarness, limit: Int = 100) async throws -> Outbox.Drained {
        try await harness.pool.withTransaction { session in
            try Outbox.drain(limit: limit, now: SendHarness.now, in: session)
        }
    }

    private func insert(_ request: String, key: String? = nil, tenant: Int = 1) -> String {
        """
        insert into whatsapp_outbox (tenant_id, idempotency_key, request)
        values (\(tenant), \(key.map { "'\($0)'" } ?? "null"), '\(request)');
        """
    }

    @Test("rows become messages, and a row that cannot be sent explains itself")
    func drain() async throws {
        try await SendHarness.run { harness in
            let long = String(repeating: "k", count: 256)
            _ = try await harness.sql(
                insert(Ask.quote()) + insert(Ask.text(), key: "k") + insert(Ask.quote())
                    + insert(Ask.text("b"), key: "k")
                    + insert(Ask.text(to: "16505551234")) + insert("[]") + insert(Ask.text(), key: long)
                    + insert(Ask.text()) + insert(Ask.text()))
            let drained = try await drain(harness)
            #expect(drained.rows == 9 && drained.refused == 4 && drained.turns.count == 4)
            let rows = try await harness.sql(
                """
                select o.id, m.idempotency_key, coalesce(split_part(o.error, ':', 1), '') from whatsapp_outbox o
                left join whatsapp_messages m on m.id = o.message_id where o.done_at is not null order by o.id
                """)
            let lines = rows.split(separator: "\n").map(String.init)
            #expect(lines[0] == "1|quote:Q-1:1:+16505551234|" && lines[2] == "3|quote:Q-1:1:+16505551234|")
            #expect(lines[1] == "2|k|" && lines[3].hasPrefix("4||the idempotency key k stands for message"))
            #expect(lines[4] == "5||to" && lines[5].hasPrefix("6||The request is not a JSON object"))
            #expect(lines[6] == "7||idempotency_key" && lines[7] == "8|outbox:8|" && lines[8] == "9|outbox:9|")
            #expect(try await drain(harness).rows == 0)
        }
    }

    @Test("what is cut off before the commit has not happened, and is done by the next")
    func rollback() async throws {
        try await SendHarness.run { harness in
            _ = try await harness.sql(insert(Ask.quote()) + insert(Ask.text()))
            await #expect(throws: Cut.self) {
                try await harness.pool.withTransaction { session in
                    _ = try Outbox.drain(limit: 10, now: SendHarness.now, in: session)
                    throw Cut()
                }
            }
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "0")
            #expect(try await drain(harness).turns.count == 2)
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "2")
        }
    }

    @Test("several drains beside one another and callers of the API: each row once")
    func beside() async throws {
        try await SendHarness.run { harness in
            _ = try await harness.sql((0..<300).map { insert(Ask.quote("Q-\($0 % 150)")) }.joined())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { while try await drain(harness, limit: 17).rows > 0 {} }
                }
                group.addTask {
                    for quote in (0..<150).reversed() { _ = try await harness.submit(Ask.quote("Q-\(quote)")) }
                }
                try await group.waitForAll()
            }
            while try await drain(harness).rows > 0 {}
            let counts = try await harness.sql(
                """
                select count(*), count(*) filter (where m.id is not null and o.error is null),
                    (select count(*) from whatsapp_messages)
                from whatsapp_outbox o left join whatsapp_messages m on m.id = o.message_id where o.done_at is not null
                """)
            #expect(counts == "300|300|150")
        }
    }

    @Test("the listener takes a row as soon as it is committed, and goes on after its connection was cut")
    func listener() async throws {
        try await SendHarness.run { harness in
            let pushed = Mutex<[String]>([])
            let listener = OutboxListener(
                configuration: try PostgresConfiguration(url: harness.url), pool: harness.pool,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                push: { turns in pushed.withLock { $0 += turns.map(\.messageID) } })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await listener.run() }
                _ = try await harness.sql(insert(Ask.text("before")))
                try await waitUntil("the first row") { pushed.withLock { $0.count == 1 } }
                _ = try await harness.sql(
                    "select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%' and datname = current_database()"
                )
                _ = try await harness.sql(insert(Ask.text("after")))
                try await waitUntil("the second row") { pushed.withLock { $0.count == 2 } }
                try await waitUntil("a new listening connection") {
                    try await harness.sql(
                        "select count(*) from pg_stat_activity where query like 'LISTEN%' and datname = current_database()"
                    ) == "1"
                }
                group.cancelAll()
            }
        }
    }
}
