import JobEngine
import JobQueue
import Logging
import NIOCore
import Postgres
import Testing

@testable import Outbound

/// A key that stands for another request: told without the customer's number, which the key of a quote link ends in.
@Suite("Conflicts of keys") struct ConflictTests {
    private static let number = "6505551234"
    private static let changed = Ask.quote(url: "https://quotes.example.com/other")

    @Test("the outbox's error does not name the recipient")
    func outbox() async throws {
        try await SendHarness.run { harness in
            _ = try await harness.submit(Ask.quote())
            _ = try await harness.sql(
                "insert into whatsapp_outbox (tenant_id, request) values (1, '\(Self.changed)')")
            _ = try await harness.pool.withTransaction { session in
                try Outbox.drain(limit: 10, now: SendHarness.now, in: session)
            }
            let error = try await harness.sql("select error from whatsapp_outbox")
            #expect(error.contains("the idempotency key quote:Q-1:1:…1234 stands for message"))
            #expect(!error.contains(Self.number), "\(error)")
        }
    }

    @Test("nor does the error of a pushed job; the API's caller, who knows it, is told the whole key")
    func pushed() async throws {
        try await SendHarness.run { harness in
            let id = try #require(try await harness.submit(Ask.quote()).message?.id)
            let payload = #"{"tenant":1,"# + Self.changed.dropFirst()
            let job = JobElement(
                header: JobHeader(id: "j", type: "quote_link", receivedAt: SendHarness.now),
                payload: ByteBuffer(string: payload))
            let processor = AdmissionProcessor(
                pool: harness.pool, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let failure = try #require(try await processor.process([job]).first?.failure)
            #expect(failure.text.contains(id) && failure.text.contains("…1234"), "\(failure.text)")
            #expect(!failure.text.contains(Self.number), "\(failure.text)")
            guard case .conflict(let conflict) = try await harness.submit(Self.changed) else {
                Issue.record("no conflict")
                return
            }
            #expect(conflict.key == "quote:Q-1:1:+1\(Self.number)")
        }
    }

    @Test("different requests under one key, by each way at once: one message, and each other way says why not")
    func atOnce() async throws {
        try await SendHarness.run { harness in
            let processor = AdmissionProcessor(
                pool: harness.pool, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            for round in 0..<10 {
                let key = "k\(round)"
                let job = JobElement(
                    header: JobHeader(id: "j\(round)", type: "text", receivedAt: SendHarness.now),
                    payload: ByteBuffer(string: #"{"tenant":1,"key":"\#(key)","# + Ask.text("pushed").dropFirst()))
                _ = try await harness.sql(
                    "insert into whatsapp_outbox (tenant_id, idempotency_key, request) "
                        + "values (1, '\(key)', '\(Ask.text("row"))')")
                async let pushed = processor.process([job])
                async let asked = harness.submit(Ask.text("asked"), key: key)
                async let drained = harness.pool.withTransaction { session in
                    try Outbox.drain(limit: 10, now: SendHarness.now, in: session)
                }
                let (result, submission, refused) = try await (pushed.first, asked, drained.refused)
                let (id, text) = try await harness.one("id, text", key: key)
                let failure = result?.failure
                #expect((failure == nil) == (text == "pushed") && failure.map { $0.text.contains(id) } ?? true)
                #expect((refused == 0) == (text == "row"))
                let error = try await harness.sql(
                    "select coalesce(error, ''), coalesce(message_id, '') from whatsapp_outbox where idempotency_key = '\(key)'"
                )
                #expect(text == "row" ? error == "|\(id)" : error.contains(id) && error.hasSuffix("|"), "\(error)")
                switch submission {
                case .new(let message, _): #expect(text == "asked" && message.id == id)
                case .conflict(let conflict): #expect(text != "asked" && conflict.messageID == id)
                case .same, .refused: Issue.record("\(submission)")
                }
            }
        }
    }
}

extension SendHarness {
    /// Two columns of the one message under a key.
    fileprivate func one(_ columns: String, key: String) async throws -> (String, String) {
        let rows = try await sql("select \(columns) from whatsapp_messages where idempotency_key = '\(key)'")
        let lines = rows.split(separator: "\n")
        #expect(lines.count == 1)
        let fields = try #require(lines.first).split(separator: "|").map(String.init)
        return (fields[0], fields[1])
    }
}
