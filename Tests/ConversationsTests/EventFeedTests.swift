import Postgres
import TestSupport
import Testing

@testable import Conversations

@Suite struct EventFeedTests {
    private func page(_ harness: StoreHarness, after: Int64, limit: Int = 100) async throws -> EventPage {
        try await harness.pool.withTransaction { session in
            try EventFeed.page(tenant: 1, after: after, limit: limit, in: session)
        }
    }

    @Test("messages, statuses and the number's state are events, in order, each once")
    func kinds() async throws {
        try await StoreHarness.run { harness in
            #expect(try await page(harness, after: 0) == EventPage(events: [], next: 0))
            try await harness.store(Body.text("a", text: "hello"))
            try await harness.store(Body.text("a", text: "hello"), Body.echo("b"))
            try await harness.store(Body.status("b", "read"), Body.status("b", "read"))
            _ = try await harness.sql("update whatsapp_configs set status = 'paused', status_reason = 'code 190'")
            _ = try await harness.sql("update whatsapp_configs set status = 'active', status_reason = null")
            let events = try await page(harness, after: 0)
            #expect(events.next == 5)
            let types = ["message.received", "message.sent", "status.changed", "number.paused", "number.resumed"]
            for (event, type) in zip(events.events, types) { #expect(event.contains("\"type\": \"\(type)\"")) }
            #expect(events.events.count == 5)
            #expect(events.events[0].contains(#""text": "hello""#))
            #expect(events.events[2].contains(#""status": "read""#))
            #expect(events.events[3].contains("code 190"))
            #expect(try await page(harness, after: 2, limit: 2).events == Array(events.events[2...3]))
            #expect(try await page(harness, after: 5) == EventPage(events: [], next: 5))
            #expect(try await page(harness, after: .max).events.isEmpty)
        }
    }

    @Test("sends that end without a status webhook are events, each once; what a webhook reported is no second one")
    func endsWithoutWebhook() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.text("a"))
            _ = try await harness.sql(
                """
                insert into whatsapp_messages (id, tenant_id, conversation_id, direction, type, status, sent_at, request,
                    quote_id, wamid)
                select 's' || n, 1, c.id, 'outbound', 'text', 'queued', now(), '{}', 'Q-' || n, 'w' || n
                from whatsapp_conversations c, generate_series(1, 7) n
                """)
            let start = try await page(harness, after: 0).next
            func set(_ id: String, _ change: String) async throws {
                _ = try await harness.sql("update whatsapp_messages set \(change) where id = '\(id)'")
            }
            try await set("s1", "status = 'failed', reason_code = 'meta-131026', reason = 'Not on WhatsApp.'")
            try await set("s2", "status = 'expired', reason_code = 'expired', reason = 'Too late.'")
            try await set("s3", "status = 'cancelled', reason_code = 'cancelled', reason = 'Cancelled by x.'")
            try await set("s4", "status = 'unknown', reason_code = 'outcome-unknown', reason = 'Nobody knows.'")
            try await set("s4", "held = true, reason_code = 'outcome-unknown-held', reason = 'Decide.'")
            try await set("s4", "held = true, reason = 'Decide!'")
            try await set("s5", "status = 'sending', reason_code = 'resend'")
            // Reported by a webhook, then judged.
            try await harness.store(Body.status("w6", "failed"))
            try await set("s6", "reason_code = 'meta-131026', reason = 'Not on WhatsApp.'")
            let events = try await page(harness, after: start)
            let expected = [
                ("s1", "failed"), ("s2", "expired"), ("s3", "cancelled"), ("s4", "unknown"), ("s4", "unknown"),
                ("s6", "failed"),
            ]
            #expect(events.events.count == expected.count)
            #expect(events.next == start + Int64(expected.count))
            for (event, (id, status)) in zip(events.events, expected) {
                #expect(event.contains(#""type": "status.changed""#), "\(event)")
                #expect(event.contains(#""message_id": "\#(id)""#), "\(event)")
                #expect(event.contains(#""status": "\#(status)""#), "\(event)")
                #expect(event.contains(#""quote_id": "Q-\#(id.dropFirst())""#), "\(event)")
            }
            #expect(events.events[0].contains(#""reason": "Not on WhatsApp.""#))
            #expect(events.events[3].contains(#""held": false"#))
            // The row says something else by now.
            #expect(events.events[3].contains(#""reason": null"#))
            #expect(events.events[4].contains(#""held": true"#))
        }
    }

    @Test("those who listen in the database are told of whose tenant something happened")
    func notification() async throws {
        try await StoreHarness.run { harness in
            let listener = try await PostgresConnection.connect(PostgresConfiguration(url: harness.url))
            try await listener.withConnection { session in try session.run(script: "LISTEN \(EventFeed.channel)") }
            try await harness.store(Body.text("a"))
            _ = try await harness.pool.withTransaction { session in try EventFeed.number(in: session) }
            let told = try await listener.notifications(within: .seconds(10))
            #expect(told.map(\.payload) == ["1"])
            await listener.close()
        }
    }

    @Test("pages cut a batch wherever they like")
    func pages() async throws {
        try await StoreHarness.run { harness in
            try await harness.store((0..<23).map { Body.text("w.\($0)", at: 1_700_000_000 + $0) })
            try await harness.store((23..<30).map { Body.text("w.\($0)", at: 1_700_000_000 + $0) })
            let all = try await page(harness, after: 0)
            #expect(all.events.count == 30)
            for limit in [1, 4, 7, 30] {
                var read: [String] = []
                var cursor: Int64 = 0
                while true {
                    let page = try await page(harness, after: cursor, limit: limit)
                    if page.events.isEmpty { break }
                    read += page.events
                    cursor = page.next
                }
                #expect(read == all.events)
            }
        }
    }

    @Test("what a slow transaction commits late is read after what was read before, and is not passed over")
    func lateCommit() async throws {
        try await StoreHarness.run { harness in
            let holder = try await PostgresConnection.connect(PostgresConfiguration(url: harness.url))
            try await holder.withConnection { session in try session.run(script: "select pg_advisory_lock(99)") }
            let pool = harness.pool
            let slow = Task {
                try await pool.withTransaction { session in
                    try session.run(
                        script: """
                            insert into whatsapp_feed (tenant_id, kind, detail, size)
                            values (1, 'number', '{"status": "slow"}', 1);
                            select pg_advisory_xact_lock(99)
                            """)
                }
            }
            try await waitUntil("the slow transaction has written") {
                try await harness.sql(
                    """
                    select count(*) from pg_locks l join pg_database d on d.oid = l.database
                    where d.datname = current_database() and l.locktype = 'advisory' and not l.granted
                    """) == "1"
            }
            try await harness.store(Body.text("a"))
            let first = try await page(harness, after: 0)
            #expect(first.events.count == 1)
            await holder.close()
            try await slow.value
            let second = try await page(harness, after: first.next)
            #expect(second.events.count == 1)
            #expect(second.events.first?.contains("slow") == true)
        }
    }

    @Test("read while eight workers write, each message is an event exactly once")
    func underLoad() async throws {
        try await StoreHarness.run { harness in
            let (writers, each) = (8, 400)
            let reader = Task {
                var (cursor, read): (Int64, [String]) = (0, [])
                let deadline = ContinuousClock.now + .seconds(60)
                while read.count < writers * each, ContinuousClock.now < deadline {
                    let page = try await page(harness, after: cursor, limit: 37)
                    read += page.events
                    cursor = page.next
                }
                return read
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        for batch in 0..<(each / 20) {
                            try await harness.storeRetrying(
                                (0..<20).map {
                                    Body.text("w.\(writer).\(batch).\($0)", phone: "1650\(writer)\($0 % 7)")
                                })
                        }
                    }
                }
                try await group.waitForAll()
            }
            let read = try await reader.value
            #expect(read.count == writers * each)
            #expect(Set(read).count == writers * each)
            #expect(try await harness.sql("select position from whatsapp_feed_positions") == "\(writers * each)")
        }
    }
}
