import Testing

/// What statuses of several attempts make of one send: the customer has it as soon as one of them arrived.
@Suite("Reports of attempts") struct SendReportTests {
    private static let message = "01JDZZZZZZZZZZZZZZZZZZZZZ1"

    /// Statuses of a send whose second attempt is under way, each as `<status> <attempt>`; those of one batch together.
    struct Story: Sendable, CustomTestStringConvertible {
        let batches: [[String]]
        let end: String

        var testDescription: String { "\(batches) ends as \(end)" }
    }

    private static let stories: [Story] = [
        Story(batches: [["failed 2"]], end: "failed"),
        Story(batches: [["read 1"], ["failed 2"]], end: "read"),
        Story(batches: [["failed 2"], ["read 1"]], end: "read"),
        Story(batches: [["read 1", "failed 2"]], end: "read"),
        Story(batches: [["failed 2", "read 1"]], end: "read"),
        // What does not move the message on is known all the same.
        Story(batches: [["sent 2"], ["sent 1"], ["failed 2"]], end: "sent"),
        Story(batches: [["delivered 2"], ["sent 1"], ["failed 2"]], end: "delivered"),
        // An attempt that failed later than it was sent does not stand.
        Story(batches: [["sent 1"], ["failed 1"], ["failed 2"]], end: "failed"),
        Story(batches: [["sent 1"], ["failed 2"], ["failed 1"]], end: "failed"),
        Story(batches: [["sent 1"], ["failed 2", "failed 1"]], end: "failed"),
        Story(batches: [["sent 1", "failed 1", "failed 2"]], end: "failed"),
        Story(batches: [["sent 1"], ["failed 1"], ["sent 2"]], end: "sent"),
        Story(batches: [["failed 1"], ["delivered 2"]], end: "delivered"),
        Story(batches: [["failed 1"]], end: "sending"),
    ]

    @Test("a failure is the message's only where no other attempt has gone out", arguments: stories)
    func oneOfTwo(_ story: Story) async throws {
        try await StoreHarness.run { harness in
            _ = try await harness.sql(
                """
                insert into whatsapp_messages (id, tenant_id, conversation_id, direction, type, status, request, sent_at,
                    idempotency_key, phone_number_id, attempts)
                values ('\(Self.message)', 1, 1, 'outbound', 'text', 'sending', '{}', now(), 'k', '100', 2);
                insert into whatsapp_send_attempts (message_id, attempt, tenant_id, outcome)
                values ('\(Self.message)', 1, 1, 'unknown'), ('\(Self.message)', 2, 1, null);
                """)
            for batch in story.batches {
                try await harness.store(batch.map { Self.webhook($0) })
                // Meta repeats what it is not sure of.
                try await harness.store(batch.map { Self.webhook($0) })
            }
            #expect(try await harness.sql("select status from whatsapp_messages") == story.end)
        }
    }

    @Test("where the latest attempt was refused, the failure of an earlier one is the message's")
    func refused() async throws {
        try await StoreHarness.run { harness in
            _ = try await harness.sql(
                """
                insert into whatsapp_messages (id, tenant_id, conversation_id, direction, type, status, request, sent_at,
                    idempotency_key, phone_number_id, attempts, wamid)
                values ('\(Self.message)', 1, 1, 'outbound', 'text', 'sent', '{}', now(), 'k', '100', 2, 'wamid.1');
                insert into whatsapp_send_attempts (message_id, attempt, tenant_id, outcome, wamid)
                values ('\(Self.message)', 1, 1, 'unknown', 'wamid.1'), ('\(Self.message)', 2, 1, 'refused', null);
                """)
            try await harness.store(Self.webhook("failed 1"))
            #expect(try await harness.sql("select status from whatsapp_messages") == "failed")
        }
    }

    private static func webhook(_ report: String) -> String {
        let parts = report.split(separator: " ")
        return Body.value(
            #""statuses":[{"id":"wamid.\#(parts[1])","status":"\#(parts[0])","timestamp":"1700000001","#
                + #""recipient_id":"16505551234","biz_opaque_callback_data":"\#(message).\#(parts[1])"}]"#)
    }
}
