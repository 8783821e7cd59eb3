import JobEngine
import JobLifecycle
import JobQueue
import NIOCore
import RedisClient
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct FullRedisTests {
    @Test("a Redis that is full is drained by workers, new ones too: claims, heartbeats and settles still work")
    func full() async throws {
        try await QueueFixture.run(on: .start()) { queue in
            try await queue.push((0..<200).map { QueueFixture.element("\($0)") })
            let dead = try await queue.worker(holding: (0..<3).map { QueueFixture.element("of the dead \($0)") })
            try await queue.die(dead)
            try await queue.redis("CONFIG", "SET", "maxmemory", "1")
            await #expect(throws: RedisError.self) { try await queue.push("one more") }
            let processor = RecordingProcessor()
            let running = RunningConsumer(queue, processor)
            try await waitUntil("all jobs to be done") { try await queue.isEmpty() }
            await running.stop()
            #expect(Set(processor.ids).count == 203)
            #expect(try await queue.living().isEmpty)
        }
    }

    @Test("short forms too, which grow when they are given their full form; and a failed one finds its place")
    func shortForms() async throws {
        try await QueueFixture.run(on: .start()) { queue in
            try await queue.push(
                (0..<20).map { ByteBuffer(string: #"{"type":"text","id":"\#($0)","payload":{}}"#) })
            try await queue.redis("CONFIG", "SET", "maxmemory", "1")
            let failure = JobFailure(code: "once", text: "Again.")
            let processor = RecordingProcessor { jobs in
                jobs.map { $0.header.attempt == 0 ? JobResult(.failed(retryAfter: nil), failure) : .completed }
            }
            let running = RunningConsumer(queue, processor) { $0.takesShortForms = true }
            try await waitUntil("all jobs to be done") { running.jobs("completed", type: "text") == 20 }
            await running.stop()
            #expect(try await queue.isEmpty())
        }
    }

    @Test("jobs in the midst of a worker's list too, which are emptied in place")
    func inTheMidst() async throws {
        try await QueueFixture.run(on: .start()) { queue in
            let jobs = (0..<50).map { QueueFixture.element("\($0)") }
            let me = try await queue.worker(holding: jobs)
            try await queue.redis("CONFIG", "SET", "maxmemory", "1")
            let stale = try await queue.store.settle(
                jobs[10..<30].map { .init(bytes: $0, target: .done) }, worker: me)
            #expect(stale == [])
            #expect(try await queue.store.claimed(by: me) == Array((jobs[..<10] + jobs[30...]).reversed()))
        }
    }
}
