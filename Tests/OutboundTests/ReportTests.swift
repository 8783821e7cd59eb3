import Outbound
import OutboundLanes
import Postgres
import Tenants
import TestSupport
import Testing

@Suite("Reports")
struct ReportTests {
    /// A quote link that was refused once, taken by the second attempt, and delivered.
    private func walk(_ harness: SendHarness) async throws -> String {
        let id = try #require(try await harness.submit(Ask.quote()).message?.id)
        _ = try await harness.sql(
            """
            update whatsapp_messages set status = 'delivered', wamid = 'wamid.B', attempts = 2;
            insert into whatsapp_send_attempts (message_id, attempt, tenant_id, started_at, ended_at, outcome, code,
                explanation, wamid)
            values ('\(id)', 1, 1, to_timestamp(1800000001.25), to_timestamp(1800000002), 'refused', 130429,
                    'too many messages at once', null),
                ('\(id)', 2, 1, to_timestamp(1800000010.5), to_timestamp(1800000011), 'accepted', null, null, 'wamid.B');
            insert into whatsapp_message_statuses (tenant_id, wamid, status, at, raw)
            values (1, 'wamid.B', 'delivered', to_timestamp(1800000012), '{}'),
                (1, 'wamid.B', 'sent', to_timestamp(1800000010), '{}'), (2, 'wamid.B', 'read', now(), '{}');
            """)
        return id
    }

    private func load(_ id: String, tenant: Int64? = nil, _ harness: SendHarness) async throws -> MessageReport? {
        try await harness.pool.withTransaction { session in
            try MessageReports.load(id, of: tenant.map { TenantID($0) }, in: session)
        }
    }

    @Test("the API's answer is exactly as promised, and nobody else's")
    func json() async throws {
        try await SendHarness.run { harness in
            let id = try await walk(harness)
            _ = try await harness.sql("update whatsapp_messages set created_at = to_timestamp(1800000000)")
            let report = try #require(try await load(id, tenant: 1, harness))
            #expect(
                report.json
                    == #"{"id":"\#(id)","status":"delivered","wamid":"wamid.B","to":"+16505551234","type":"quote_link","#
                    + #""created_at":"2027-01-15T08:00:00Z","reason":null,"attempts":["#
                    + #"{"at":"2027-01-15T08:00:01.25Z","outcome":"refused","code":130429,"explanation":"too many messages at once"},"#
                    + #"{"at":"2027-01-15T08:00:10.5Z","outcome":"accepted","code":null,"explanation":null}],"#
                    + #""statuses":[{"status":"sent","at":"2027-01-15T08:00:10Z"},"#
                    + #"{"status":"delivered","at":"2027-01-15T08:00:12Z"}]}"#)
            #expect(try await load(id, tenant: 2, harness) == nil)
            #expect(try await load("01ARZ3NDEKTSV4RRFFQ69G5FAV", harness) == nil)
        }
    }

    @Test("the story tells each step in order, without the customer's number")
    func story() async throws {
        try await SendHarness.run { harness in
            let id = try await walk(harness)
            _ = try await harness.sql("update whatsapp_messages set created_at = to_timestamp(1800000000)")
            let report = try #require(try await load(id, harness))
            let story = MessageStory(report, now: 1_800_000_100_000_000, reveal: false)
            #expect(
                story.text == """
                    Message \(id): quote_link of quote Q-1 version 1 to …1234 from number 100, tenant 1 (t)
                      2027-01-15T08:00:00Z  asked for by the HTTP API (idempotency key quote:Q-1:1:…1234)
                      2027-01-15T08:00:01Z  attempt 1: handed to WhatsApp
                      2027-01-15T08:00:02Z  attempt 1: WhatsApp refused it: Meta's code 130429: too many messages at once
                      2027-01-15T08:00:10Z  attempt 2: handed to WhatsApp
                      2027-01-15T08:00:10Z  status sent
                      2027-01-15T08:00:11Z  attempt 2: WhatsApp took it as wamid.B
                      2027-01-15T08:00:12Z  status delivered
                    Now delivered.
                    Next: It is on the customer's phone. If they read it and show that, a status webhook tells.
                    """)
            #expect(!story.json.contains("+1650555"))
            #expect(MessageStory(report, now: 0, reveal: true).text.contains("to +16505551234"))
        }
    }

    @Test("a message is found by its id, a wamid of any attempt, and its quote")
    func find() async throws {
        try await SendHarness.run { harness in
            let id = try await walk(harness)
            let second = try #require(try await harness.submit(Ask.quote(to: "+16505559999")).message?.id)
            func find(_ text: String) async throws -> [String] {
                try await harness.pool.withTransaction { session in try MessageReports.find(text, in: session) }
            }
            _ = try await harness.sql("update whatsapp_send_attempts set wamid = 'wamid.A' where attempt = 1")
            #expect(try await find(id) == [id])
            #expect(try await find("wamid.A") == [id])
            #expect(try await find("wamid.B") == [id])
            #expect(try await find("Q-1") == [id, second].sorted())
            #expect(try await find("nothing").isEmpty)
        }
    }

    @Test("what comes next is told for every state")
    func next() async throws {
        try await SendHarness.run { harness in
            let id = try #require(
                try await harness.submit(Ask.text(more: #","expires_at":"2030-01-01T00:00:00Z""#)).message?.id)
            func next(_ change: String) async throws -> String {
                _ = try await harness.sql(change)
                return try #require(try await load(id, harness)).situation.next(now: SendHarness.now * 1_000)
            }
            #expect(try await next("select 1").contains("as soon as its number's lane has room. Not later than 2030"))
            #expect(
                try await next("update whatsapp_configs set status = 'paused', status_reason = 'token expired'")
                    .contains("the number is paused (token expired)"))
            #expect(
                try await next("update whatsapp_configs set status = 'active', is_active = false").contains(
                    "switched off"))
            #expect(
                try await next(
                    "update whatsapp_configs set is_active = true; update whatsapp_messages set due_at = 'infinity'"
                )
                .contains("when they next write"))
            #expect(
                try await next("update whatsapp_messages set due_at = to_timestamp(1800000060)").contains(
                    "2027-01-15T08:01:00Z"))
            #expect(try await next("update whatsapp_messages set status = 'unknown'").contains("held for a person"))
            #expect(try await next("update whatsapp_messages set on_unknown = 'resend'").contains("sent once more"))
            #expect(try await next("update whatsapp_messages set held = true").contains("a person decides"))
            for status in [
                "sending", "accepted", "sent", "delivered", "read", "played", "failed", "expired", "cancelled",
            ] {
                #expect(
                    try await !next("update whatsapp_messages set status = '\(status)'").contains("does not know"))
            }
        }
    }

    @Test("a queued send is cancelled once; an unknown one is released or given up; an ended one is sent again once")
    func control() async throws {
        try await SendHarness.run { harness in
            let ana = AuditActor(name: "ana", origin: "test")
            let id = try #require(try await harness.submit(Ask.quote()).message?.id)
            func act<Value: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> Value) async throws
                -> Value
            {
                try await harness.pool.withTransaction(body)
            }
            let one = TenantID(1)
            #expect(try await act { try SendControl.cancel(id, of: TenantID(2), by: ana, in: $0) } == .notFound)
            #expect(
                try await act { try SendControl.release(id, of: one, .resend, by: ana, in: $0) }
                    == .notNow(status: "queued"))
            #expect(try await act { try SendControl.cancel(id, of: one, by: ana, in: $0) } == .done(turn: nil))
            #expect(
                try await act { try SendControl.cancel(id, of: nil, by: ana, in: $0) } == .notNow(status: "cancelled"))
            _ = try await harness.sql("update whatsapp_messages set status = 'unknown', held = true, due_at = null")
            guard
                case .done(let turn) = try await act({ try SendControl.release(id, of: one, .resend, by: ana, in: $0) })
            else {
                Issue.record("not released")
                return
            }
            #expect(turn?.messageID == id && turn?.number == "100")
            #expect(
                try await harness.sql("select status, held, resends, due_at is not null from whatsapp_messages")
                    == "queued|f|1|t")
            #expect(
                try await act {
                    try SendControl.sendAgain(id, of: one, origin: .console, by: ana, now: SendHarness.now, in: $0)
                }?
                .message == nil)
            _ = try await harness.sql("update whatsapp_messages set status = 'unknown'")
            #expect(
                try await act { try SendControl.release(id, of: one, .giveUp, by: ana, in: $0) } == .done(turn: nil))
            let again = try await act {
                try SendControl.sendAgain(id, of: one, origin: .console, by: ana, now: SendHarness.now, in: $0)
            }
            let twice = try await act {
                try SendControl.sendAgain(id, of: one, origin: .console, by: ana, now: SendHarness.now, in: $0)
            }
            #expect(again?.turn != nil && twice?.message == again?.message && again?.message?.id != id)
            #expect(
                try await harness.sql(
                    "select string_agg(action, ' ' order by id), count(distinct detail->>'message_id') from audit_log")
                    == "send.cancel send.resend send.give_up send.again|1")
        }
    }
}
