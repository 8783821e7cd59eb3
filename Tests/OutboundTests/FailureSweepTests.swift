import OutboundLanes
import Postgres
import SendPolicy
import Testing

@testable import Outbound

/// Failures that come as statuses, perhaps long after their attempts.
@Suite("The sweep of failures", .timeLimit(.minutes(1)))
struct FailureSweepTests {
    @Test("each recipient whom Meta wants to be spared is held, not only the first")
    func recipients() async throws {
        try await SweepStage.run { stage in
            let people = ["+16505551111", "+16505552222", "+16505553333"]
            var ids: [String] = []
            for person in people { ids.append(try await stage.send(to: person)) }
            try await stage.fail(ids, code: 131_056)
            try await stage.failures.run()
            let turns = people.map {
                Turn(
                    messageID: $0, tenant: "1", number: "100", recipientKey: Turn.recipientKey(of: $0), type: "text")
            }
            // After a hold there is nothing to borrow: who comes second has to wait.
            _ = try await stage.recipients.reserve(turns)
            let waits = try await stage.recipients.reserve(turns).map(\.wait)
            #expect(waits.allSatisfy { $0 > 1_000 }, "\(waits)")
        }
    }

    @Test("a late failure pauses its number only if its attempt began after the settings last changed")
    func stragglers() async throws {
        try await SweepStage.run { stage in
            _ = try await stage.harness.sql("update whatsapp_configs set updated_at = now() - interval '5 minutes'")
            let old = try await stage.send()
            try await stage.fail([old], code: 190, began: "now() - interval '6 minutes'")
            try await stage.failures.run()
            #expect(try await stage.row(old, "status, reason_code") == "queued|meta-190")
            #expect(try await stage.harness.sql("select status from whatsapp_configs") == "active")
            #expect(try await stage.lanes.paused().isEmpty)

            // Judged together, the later attempt's failure counts.
            let (older, newer) = (try await stage.send(), try await stage.send(to: "+16505559999"))
            try await stage.fail([older], code: 190, began: "now() - interval '6 minutes'")
            try await stage.fail([newer], code: 190, began: "now() - interval '4 minutes'")
            try await stage.failures.run()
            #expect(try await stage.harness.sql("select status from whatsapp_configs") == "paused")
            #expect(try await stage.lanes.paused().keys.sorted() == ["100"])
        }
    }

    @Test("the failure of a second attempt changes nothing for a message that the customer has by the first")
    func standing() async throws {
        try await SweepStage.run { stage in
            let id = try await stage.send()
            _ = try await stage.harness.sql(
                """
                insert into whatsapp_send_attempts (message_id, attempt, tenant_id, outcome, wamid)
                values ('\(id)', 1, 1, 'unknown', 'wamid.first');
                insert into whatsapp_message_statuses (tenant_id, wamid, status, raw) values
                    (1, 'wamid.first', 'sent', '{}'), (1, 'wamid.first', 'read', '{}');
                """)
            try await stage.fail([id], code: 130_429, attempt: 2)
            try await stage.failures.run()
            #expect(try await stage.row(id, "status, attempts, reason_code is null") == "read|2|t")
            #expect(try await stage.given() == 0)
            #expect(
                try await stage.harness.sql(
                    "select attempt, outcome, code from whatsapp_send_attempts order by attempt")
                    == "1|unknown|\n2|failed|130429")

            // One that failed later than it was sent does not stand.
            let again = try await stage.send(to: "+16505559999")
            _ = try await stage.harness.sql(
                """
                insert into whatsapp_send_attempts (message_id, attempt, tenant_id, outcome, wamid)
                values ('\(again)', 1, 1, 'unknown', 'wamid.lost');
                insert into whatsapp_message_statuses (tenant_id, wamid, status, raw) values
                    (1, 'wamid.lost', 'sent', '{}'), (1, 'wamid.lost', 'failed', '{}');
                """)
            try await stage.fail([again], code: 130_429, attempt: 2)
            try await stage.failures.run()
            #expect(try await stage.row(again, "status") == "queued")
        }
    }

    @Test("what the customer wrote after the attempt began opens the window, however late its refusal is told")
    func window() async throws {
        try await SweepStage.run { stage in
            let id = try await stage.send()
            _ = try await stage.harness.sql(
                "update whatsapp_conversations set last_inbound_at = now() - interval '30 s'")
            try await stage.fail([id], code: 131_047, began: "now() - interval '1 minute'")
            try await stage.failures.run()
            #expect(try await stage.row(id, "status, due_at = 'infinity'") == "queued|t")
            let windows = WindowSweep(pool: stage.harness.pool, giver: stage.giver)
            try await windows.run()
            #expect(try await stage.row(id, "due_at <= now()") == "t")
            #expect(try await stage.given() == 1)

            // What they wrote before does not.
            let earlier = try await stage.send(to: "+16505559999")
            _ = try await stage.harness.sql(
                "update whatsapp_conversations set last_inbound_at = now() - interval '90 s'")
            try await stage.fail([earlier], code: 131_047, began: "now() - interval '1 minute'")
            try await stage.failures.run()
            try await windows.run()
            #expect(try await stage.row(earlier, "due_at = 'infinity'") == "t")
        }
    }

    @Test("the same where the refusal came as the answer")
    func windowByAnswer() async throws {
        try await SendHarness.run { harness in
            let id = try #require(try await harness.submit(Ask.text()).message?.id)
            _ = try await harness.sql(
                """
                update whatsapp_messages set status = 'sending', attempts = 1;
                insert into whatsapp_send_attempts (message_id, attempt, tenant_id, started_at)
                values ('\(id)', 1, 1, now() - interval '9 s');
                """)
            let change = SendChange(.queued, due: .whenWindowOpens, reason: .windowClosed, windowIsClosed: true)
            _ = try await harness.pool.withTransaction { session in
                try OutcomeTable.write(
                    [
                        SendOutcome(
                            id: id, tenant: 1, attempt: 1, sender: "w/1", kind: .ended(.refused, change), code: 131_047)
                    ],
                    in: session)
            }
            #expect(
                try await harness.sql(
                    """
                    select m.status, m.closed_at = a.started_at - interval '1 second'
                    from whatsapp_messages m join whatsapp_send_attempts a on a.message_id = m.id
                    """) == "queued|t")
        }
    }
}
