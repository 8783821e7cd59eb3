import Outbound
import OutboundLanes
import Postgres
import Tenants
import Testing

@Suite("Submitting sends")
struct SendStoreTests {
    @Test("a quote link becomes a queued message with its turn, due by the database's clock, in its conversation")
    func newMessage() async throws {
        try await SendHarness.run { harness in
            let submission = try await harness.submit(Ask.quote(more: #","reply_to":"wamid.X""#))
            let id = try #require(submission.message?.id)
            let turn = try #require(submission.turn)
            #expect(turn.messageID == id)
            #expect(turn.tenant == "1" && turn.number == "100" && turn.type == "quote_link")
            #expect(turn.recipientKey.count == 16)
            let row = try await harness.sql(
                """
                select direction, type, status, text, origin, phone_number_id, recipient, quote_id, quote_version,
                    reply_to, on_unknown, on_closed is null, idempotency_key, request->>'body', due_at = turn_at,
                    due_at <= now()
                from whatsapp_messages
                """)
            #expect(
                row == "outbound|quote_link|queued|Your quote is ready.|api|100|+16505551234|Q-1|1|wamid.X|resend|t|"
                    + "quote:Q-1:1:+16505551234|Your quote is ready.|t|t")
            let conversation = try await harness.sql(
                """
                select i.kind, i.value, c.last_message_at = to_timestamp(1800000000), c.last_inbound_at is null
                from whatsapp_conversations c join whatsapp_identities i on i.conversation_id = c.id
                """)
            #expect(conversation == "phone|16505551234|t|t")
        }
    }

    @Test("asked again it is the same message; another request under the key names both")
    func idempotency() async throws {
        try await SendHarness.run { harness in
            let first = try await harness.submit(Ask.quote(), key: "k")
            let again = try await harness.submit(Ask.quote(more: #","button":"View quote""#), key: "k")
            #expect(again.message == first.message && again.turn == nil)
            let other = try await harness.submit(
                Ask.quote(url: "https://quotes.example.com/other", more: #","button":"Open""#), key: "k")
            guard case .conflict(let conflict) = other else {
                Issue.record("no conflict but \(other)")
                return
            }
            #expect(conflict.messageID == first.message?.id)
            #expect(conflict.key == "k")
            #expect(conflict.fields == ["button", "quote"])
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "1")
        }
    }

    @Test("a changed default body is no conflict, and a message stays answerable after its tenant was switched off")
    func sameAfterChanges() async throws {
        try await SendHarness.run { harness in
            let first = try await harness.submit(Ask.quote())
            _ = try await harness.sql("update whatsapp_configs set default_body = 'Hi', is_active = false")
            #expect(try await harness.submit(Ask.quote()).message == first.message)
            guard case .refused(let refusal) = try await harness.submit(Ask.quote("Q-2")) else {
                Issue.record("not refused")
                return
            }
            #expect(refusal.code == .numberInactive)
        }
    }

    @Test("one batch: equal orders are one message, different ones under a key a conflict, wrong ones stand alone")
    func batch() async throws {
        try await SendHarness.run { harness in
            let orders = [
                try harness.order(Ask.quote()), try harness.order(Ask.text("a"), key: "t"),
                try harness.order(Ask.quote(), origin: .redis(jobID: "j")), try harness.order(Ask.text("b"), key: "t"),
                try harness.order(Ask.text(), tenant: 99), try harness.order(Ask.text()), try harness.order(Ask.text()),
            ]
            let results = try await harness.submit(orders)
            #expect(results[0].turn != nil)
            #expect(results[2] == .same(try #require(results[0].message)))
            guard case .conflict(let conflict) = results[3], case .refused(let refusal) = results[4] else {
                Issue.record("\(results)")
                return
            }
            #expect(conflict.messageID == results[1].message?.id && conflict.fields == ["body"])
            #expect(refusal.code == .unknownTenant)
            // Texts without a key are two texts.
            #expect(results[5].message != results[6].message)
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "4")
        }
    }

    @Test("three ways and many callers at once: one message, and everybody is told the same id")
    func concurrently() async throws {
        try await SendHarness.run { harness in
            let quotes = (0..<20).map { "Q-\($0)" }
            let answers = try await withThrowingTaskGroup(of: [String: String].self) { group in
                for caller in 0..<12 {
                    group.addTask {
                        let origin: SendOrigin = [.api, .redis(jobID: "j\(caller)"), .outbox(row: Int64(caller))][
                            caller % 3]
                        let order = caller % 2 == 0 ? quotes : quotes.reversed()
                        let results = try await harness.submit(
                            order.map {
                                try harness.order(Ask.quote($0, to: "+1650555\(1_000 + caller % 2)"), origin: origin)
                            })
                        return Dictionary(
                            uniqueKeysWithValues: zip(
                                order, results.map { "\(caller % 2) \($0.message?.id ?? "\($0)")" }))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for quote in quotes { #expect(Set(answers.compactMap { $0[quote] }).count == 2, "\(quote)") }
            #expect(
                try await harness.sql("select count(*), count(distinct conversation_id) from whatsapp_messages")
                    == "40|2")
        }
    }

    @Test("the same key with different requests by three ways at once: one message, and all others are told which")
    func contested() async throws {
        try await SendHarness.run { harness in
            for round in 0..<10 {
                let key = "key-\(round)"
                _ = try await harness.sql(
                    (0..<4).map { caller in
                        "insert into whatsapp_outbox (tenant_id, idempotency_key, request) "
                            + "values (1, '\(key)', '\(Ask.text("by outbox \(caller % 2)"))');"
                    }.joined())
                let answers = try await withThrowingTaskGroup(of: [Submission].self) { group in
                    for caller in 0..<8 {
                        group.addTask {
                            let origin: SendOrigin = caller % 2 == 0 ? .api : .redis(jobID: "j\(round)-\(caller)")
                            let request = Ask.text("by \(origin.name) \(caller / 4)")
                            return [try await harness.submit(request, key: key, origin: origin)]
                        }
                    }
                    group.addTask {
                        _ = try await harness.pool.withTransaction { session in
                            try Outbox.drain(limit: 10, now: SendHarness.now, in: session)
                        }
                        return []
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                let stored = try await harness.sql(
                    "select id, text from whatsapp_messages where idempotency_key = '\(key)'"
                ).split(separator: "|").map(String.init)
                try #require(stored.count == 2)
                var same = 0
                for answer in answers {
                    switch answer {
                    case .new(let message, _), .same(let message):
                        #expect(message.id == stored[0])
                        same += 1
                    case .conflict(let conflict):
                        #expect(conflict.key == key && conflict.messageID == stored[0] && conflict.fields == ["body"])
                    case .refused(let refusal): Issue.record("\(refusal)")
                    }
                }
                let rows = try await harness.sql(
                    "select count(*) filter (where message_id = '\(stored[0])' and error is null), "
                        + "count(*) filter (where message_id is null and error like '%\(key) stands for message "
                        + "\(stored[0])%') from whatsapp_outbox where idempotency_key = '\(key)'")
                let isOutbox = stored[1].hasPrefix("by outbox")
                #expect(rows == (isOutbox ? "2|2" : "0|4") && same == (isOutbox ? 0 : 2), "\(stored) \(rows) \(same)")
            }
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "10")
        }
    }

    @Test("a conversation's customer can be written to by its id, which is the same request as by their number")
    func byConversation() async throws {
        try await SendHarness.run { harness in
            let first = try await harness.submit(Ask.quote())
            let conversation = try await harness.sql("select id from whatsapp_conversations")
            let ask = Ask.quote().replacing(#""to":"+16505551234""#, with: #""conversation_id":"\#(conversation)""#)
            #expect(try await harness.submit(ask).message == first.message)
            _ = try await harness.sql(
                """
                insert into whatsapp_conversations (tenant_id, merged_into) values (1, \(conversation));
                insert into whatsapp_conversations (tenant_id) values (1);
                """)
            let merged = try await harness.sql("select id from whatsapp_conversations where merged_into is not null")
            let old = Ask.quote().replacing(#""to":"+16505551234""#, with: #""conversation_id":\#(merged)"#)
            #expect(try await harness.submit(old).message == first.message)
            for (id, tenant) in [("999", 1), (conversation, 2), ("\(Int64(merged).map { $0 + 1 } ?? 0)", 1)] {
                if tenant == 2 { try await harness.addTenant(number: "200") }
                let text = #"{"type":"text","conversation_id":\#(id),"body":"a"}"#
                guard case .refused(let refusal) = try await harness.submit(text, tenant: Int64(tenant)) else {
                    Issue.record("conversation \(id) of tenant \(tenant) was accepted")
                    continue
                }
                #expect(refusal.code == .unknownConversation)
            }
            let mismatch = Ask.text(to: "+16505550000", more: #","conversation_id":\#(conversation)"#)
            guard case .refused(let refusal) = try await harness.submit(mismatch) else {
                Issue.record("another customer's conversation was accepted")
                return
            }
            #expect(refusal.field == "conversation_id")
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "1")
        }
    }

    @Test("a later send has no turn yet, an ended one is refused")
    func times() async throws {
        try await SendHarness.run { harness in
            let later = try await harness.submit(Ask.text(more: #","send_at":"2027-12-01T12:00:00Z""#))
            #expect(later.message != nil && later.turn == nil)
            #expect(
                try await harness.sql("select due_at = '2027-12-01T12:00:00Z', turn_at is null from whatsapp_messages")
                    == "t|t")
            let past = try await harness.submit(Ask.text(more: #","send_at":"2020-12-01T12:00:00Z""#))
            #expect(past.turn != nil)
            guard
                case .refused(let refusal) = try await harness.submit(
                    Ask.text(more: #","expires_at":"2020-12-01T12:00:00Z""#))
            else {
                Issue.record("not refused")
                return
            }
            #expect(refusal.code == .expired)
        }
    }

    @Test("the tenant's settings have a say: hosts, template, its own words, whether it may send at all")
    func settings() async throws {
        try await SendHarness.run { harness in
            func code(_ json: String) async throws -> SendRefusal.Code? {
                guard case .refused(let refusal) = try await harness.submit(json) else { return nil }
                return refusal.code
            }
            #expect(try await code(Ask.quote(more: #","on_closed":"template""#)) == .templateMissing)
            _ = try await harness.sql(
                """
                update whatsapp_configs set link_hosts = '{quotes.example.com}', default_body = 'For you',
                    template_name = 'quote_ready', template_language = 'en'
                """)
            #expect(try await code(Ask.quote(more: #","on_closed":"template""#)) == nil)
            #expect(try await harness.sql("select text, request->>'body' from whatsapp_messages") == "For you|For you")
            #expect(try await code(Ask.quote("Q-2", url: "https://evil.example.com/")) == .linkHostNotAllowed)
            _ = try await harness.sql("delete from whatsapp_configs")
            #expect(try await code(Ask.text()) == .numberMissing)
            _ = try await harness.sql("update tenants set disabled_at = now()")
            #expect(try await code(Ask.text()) == .tenantDisabled)
        }
    }
}
