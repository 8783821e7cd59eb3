import JobEngine
import RedisClient
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct FullRedisTests {
    @Test("a Redis that is full is drained by workers, new ones too: claims, heartbeats and settles still work")
    func full() async throws {
        try await QueueFixture.run(on: .start()) { queue in
            try await queue.push((0..<200).map { QueueFixture.element("\($0)") })
            let dead = try await queue.worker(holding: [QueueFixture.element("of the dead")])
            try await queue.die(dead)
            try await queue.redis("CONFIG", "SET", "maxmemory", "1")
            await #expect(throws: RedisError.self) { try await queue.push("one more") }
            let processor = RecordingProcessor()
            let running = RunningConsumer(queue, processor)
            try await waitUntil("all jobs to be done") { try await queue.isEmpty() }
            await running.stop()
            #expect(Set(processor.ids).count == 201)
            #expect(try await queue.living().isEmpty)
        }
    }
}
