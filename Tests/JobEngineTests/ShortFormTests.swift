import JobLifecycle
import JobQueue
import NIOCore
import RedisClient
import TestSupport
import Testing

@testable import JobEngine

@Suite("Short forms", .timeLimit(.minutes(1))) struct ShortFormTests {
    @Test("in any spacing and order it becomes a full job, with its own id or a fresh one, its payload as it was")
    func forms() throws {
        let payload = #"{ "tenant" : 7, "n": 1.0, "s": "\ud83d" }"#
        let plain = try Self.element(#"{"type":"quote_link","payload":\#(payload)}"#)
        #expect(plain.header == JobHeader(id: "FRESH", type: "quote_link", receivedAt: 5))
        #expect(String(buffer: plain.payload) == payload)
        let own = try Self.element(
            "\n { \"payload\" : \(payload) ,\t\"id\":\"mine \\\"1\\\"\", \"type\" : \"text\" }\n")
        #expect(own.header.id == "mine \"1\"" && own.header.type == "text")
        #expect(String(buffer: own.payload) == payload)
        #expect(try JobElement(own.bytes) == own)
    }

    @Test(
        "anything else is refused with what is wrong",
        arguments: [
            ("not JSON", "nor JSON"), ("[1]", "nor a JSON object"), (#"{"payload":{}}"#, "type"),
            (#"{"type":"","payload":{}}"#, "type"), (#"{"type":"text"}"#, "payload"),
            (#"{"type":"text","payload":[]}"#, "payload"), (#"{"type":"text","payload":{},"id":7}"#, "id"),
            (#"{"type":"text","payload":{},"attempt":7}"#, "another key"),
        ])
    func refusals(_ text: String, _ reason: String) {
        #expect {
            try Self.element(text)
        } throws: { error in
            (error as? JobElementError)?.reason.contains(reason) == true
        }
    }

    @Test("pushed ones run once each, also equal ones; what is neither is buried with the reason")
    func runs() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor()
            let short = #"{"payload":{"a":1}, "type":"text"}"#
            try await queue.push([
                ByteBuffer(string: short), ByteBuffer(string: short), ByteBuffer(string: #"{"type":"text"}"#),
                ByteBuffer(string: #"{"id":"mine","type":"text","payload":{}}"#), QueueFixture.element("ours"),
            ])
            let running = RunningConsumer(queue, processor) { $0.takesShortForms = true }
            try await waitUntil("all jobs to be settled") {
                running.jobs("completed", type: "text") == 3 && running.jobs("unreadable", type: "unreadable") == 1
                    && running.jobs("completed") == 1
            }
            await running.stop()
            #expect(Set(processor.ids).count == 4 && processor.ids.count == 4 && processor.ids.contains("mine"))
            let dead = try await queue.scored(queue.keys.dead).map { try JobElement($0) }
            #expect(dead.count == 1 && dead.first?.header.error?.text.contains("payload") == true)
            #expect(running.stale == 0)
        }
    }

    @Test("a failed one keeps its id, its attempts and its error")
    func retries() async throws {
        try await QueueFixture.run { queue in
            let failure = JobFailure(code: "flaky", text: "It did not work.")
            let processor = RecordingProcessor { $0.map { _ in JobResult(.failed(retryAfter: nil), failure) } }
            try await queue.push([ByteBuffer(string: #"{"type":"text","payload":{}}"#)])
            let running = RunningConsumer(queue, processor, attempts: 3) { $0.takesShortForms = true }
            try await waitUntil("the job to be buried") { running.jobs("buried", type: "text") == 1 }
            await running.stop()
            #expect(Set(processor.ids).count == 1)
            #expect(processor.record.batches.flatMap { $0 }.map(\.attempt) == [0, 1, 2])
        }
    }

    @Test("replacing again after a lost reply changes nothing, and what another has taken is left alone")
    func repeated() async throws {
        try await QueueFixture.run { queue in
            let worker = WorkerIdentity.fresh()
            let short = ByteBuffer(string: #"{"type":"text","payload":{}}"#)
            let full = try Self.element(String(buffer: short)).bytes
            let store = JobStore(keys: queue.keys, client: queue.client)
            #expect(try await store.adopt([(short, full)], worker: worker) == [0])
            _ = try await queue.redis("LPUSH", .text(queue.keys.claimed(by: worker.id)), .bytes(short))
            #expect(try await store.adopt([(short, full)], worker: worker) == [])
            #expect(try await store.adopt([(short, full)], worker: worker) == [0])
            #expect(try await store.claimed(by: worker) == [full])
        }
    }

    private static func element(_ text: String) throws -> JobElement {
        try ShortForm.element(ByteBuffer(string: text), now: 5, freshID: "FRESH")
    }
}
