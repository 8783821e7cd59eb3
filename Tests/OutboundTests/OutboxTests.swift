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

    @Test("rows with odd values say what is wrong with them, and hold back nobody")
    func odd() async throws {
        try await SendHarness.run { harness in
            try await harness.addTenant(number: "200")
            _ = try await harness.sql("update tenants set disabled_at = now() where id = 2")
            let deep = String(repeating: "[", count: 5_000) + String(repeating: "]", count: 5_000)
            let rows: [(String, String)] = [
                ("null", "The request is not a JSON object"), ("5", "The request is not a JSON object"),
                (#""text""#, "The request is not a JSON object"), ("{}", "type: is missing"),
                (deep, "The request is not a JSON object"),
                (#"{"type":"text","to":"+16505551234","body":\#(deep)}"#, "body: expected a text"),
                (Ask.text(String(repeating: "a", count: 2_000_000)), "body: is longer"),
                (Ask.text(more: #","x":1e400"#), "x: is no field"), (#"{"type":["text"]}"#, "type: expected"),
                (Ask.quote(more: #","conversation_id":9223372036854775807"#), "conversation_id: is no conversation"),
                (Ask.text(more: #","expires_at":"1969-12-31T23:59:59Z""#), "expires_at: expected a time"),
                (Ask.text(more: #","send_at":"9999-12-31T23:59:59.999999999-23:59""#), ""),
            ]
            for (request, _) in rows { _ = try await harness.sql(insert(request) + insert(Ask.text("beside"))) }
            _ = try await harness.sql(insert(Ask.text(), tenant: 2))
            for key in ["", "a b", "é", "a\nb", "\t"] { _ = try await harness.sql(insert(Ask.text(), key: key)) }
            while try await drain(harness).rows > 0 {}
            let errors = try await harness.sql(
                "select coalesce(left(error, 200), '') from whatsapp_outbox where done_at is not null order by id"
            ).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            try #require(errors.count == 2 * rows.count + 6)
            for (index, row) in rows.enumerated() {
                #expect(errors[2 * index].hasPrefix(row.1), "\(row.0.prefix(60)): \(errors[2 * index])")
                #expect(errors[2 * index + 1].isEmpty, "\(errors[2 * index + 1])")
            }
            #expect(errors[2 * rows.count].hasPrefix("tenant: is disabled"))
            #expect(
                errors.suffix(5).map { $0.prefix { $0 != ":" } } == [
                    "idempotency_key", "", "idempotency_key", "idempotency_key", "idempotency_key",
                ])
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
