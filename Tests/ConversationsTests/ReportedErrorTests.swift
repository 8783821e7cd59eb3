import Conversations
import TestSupport
import Testing

/// Errors wherever a webhook puts them, and what participants of a group got of a message.
@Suite struct ReportedErrorTests {
    private static let error =
        #"{"code":131051,"title":"Unsupported","message":"Unsupported","error_data":{"details":"No such type"}}"#

    @Test("errors of a value are an event beside its message, whose own part is missing")
    func value() async throws {
        try await StoreHarness.run { harness in
            let body = Body.value(
                #""errors":[\#(Self.error)],"messages":[{"from":"16505551234","id":"w1","timestamp":"1700000000","#
                    + #""type":"interactive"}]"#)
            for _ in 0..<2 { try await harness.store(body) }
            #expect(
                try await harness.sql("select wamid, type, status from whatsapp_messages") == "w1|interactive|received")
            #expect(
                try await harness.sql(
                    "select tenant_id, field, phone_number_id, convert_from(raw, 'utf8') from whatsapp_events")
                    == "1|errors|100|\(Self.error)")
        }
    }

    @Test("errors of a message stand in its row, and say in plain words what was not supported")
    func message() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(
                Body.value(
                    #""messages":[{"from":"16505551234","id":"w1","timestamp":"1700000000","type":"unsupported","#
                        + #""errors":[\#(Self.error)]}]"#))
            #expect(
                try await harness.sql(
                    "select type, text, errors #>> '{0,code}', errors #>> '{0,details}' from whatsapp_messages")
                    == "unsupported|[unsupported] No such type|131051|No such type")
        }
    }

    @Test(
        "errors of a status stand with it and fail its message, in whatever order the two come",
        arguments: [false, true])
    func status(comesFirst: Bool) async throws {
        try await StoreHarness.run { harness in
            let failure = Body.value(
                #""statuses":[{"id":"e1","status":"failed","timestamp":"1700000001","recipient_id":"16505551234","#
                    + #""errors":[\#(Self.error)]}]"#)
            for body in comesFirst ? [failure, Body.echo("e1")] : [Body.echo("e1"), failure] {
                try await harness.store(body)
            }
            try await harness.store(Body.status("e1", "delivered"))
            #expect(
                try await harness.sql(
                    """
                    select m.status, s.errors #>> '{0,code}' from whatsapp_messages m
                    join whatsapp_message_statuses s using (wamid) where s.status = 'failed'
                    """) == "failed|131051")
        }
    }

    @Test("each participant's statuses are kept; the message is as far as the furthest, and one's failure is not all's")
    func participants() async throws {
        func status(_ person: String, _ status: String, errors: String = "") -> String {
            Body.value(
                #""statuses":[{"id":"e1","status":"\#(status)","timestamp":"1700000001","recipient_type":"group","#
                    + #""recipient_id":"group-1","recipient_participant_id":"\#(person)"\#(errors)}]"#)
        }
        let bodies = [
            Body.echo("e1"), status("16505550001", "delivered"), status("16505550002", "delivered"),
            status("16505550002", "read"), status("16505550003", "failed", errors: #","errors":[\#(Self.error)]"#),
        ]
        for seed: UInt64 in 1...4 {
            try await StoreHarness.run { harness in
                var random = SeededRandom(seed: seed)
                for body in (bodies + bodies).shuffled(using: &random) { try await harness.store(body) }
                #expect(try await harness.sql("select status from whatsapp_messages") == "read", "seed \(seed)")
                #expect(
                    try await harness.sql(
                        """
                        select participant, string_agg(status, ' ' order by status), max(errors #>> '{0,code}')
                        from whatsapp_message_statuses group by 1 order by 1
                        """)
                        == "16505550001|delivered|\n16505550002|delivered read|\n16505550003|failed|131051")
            }
        }
    }
}
