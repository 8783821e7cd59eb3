import JobQueue
import RedisClient
import Testing

@testable import JobEngine

@Suite(.timeLimit(.minutes(1))) struct QueueStatsTests {
    @Test("every place of a queue is counted, claimed lists of the departed too")
    func counts() async throws {
        try await QueueFixture.run { queue in
            _ = try await queue.worker(holding: [QueueFixture.element("a"), QueueFixture.element("b")])
            let gone = try await queue.worker(holding: [QueueFixture.element("c")])
            try await queue.store.leave(gone)
            try await queue.push("d", "e", "f")
            let now = try await queue.now()
            try await queue.redis("ZADD", .text(queue.keys.scheduled), .integer(now - 1), "due")
            try await queue.redis("ZADD", .text(queue.keys.scheduled), .integer(now + 60_000), "later")
            try await queue.redis("ZADD", .text(queue.keys.dead), "1", "dead")
            try await queue.redis("SET", .text(queue.keys.paused), "because")
            let stats = try await QueueStats.read(queue.keys, from: queue.client)
            #expect(
                [stats.ready, stats.claimed, stats.scheduled, stats.dead, stats.overdue, stats.workers, stats.departed]
                    == [3, 3, 2, 1, 1, 1, 1])
            #expect(stats.isPaused)
            #expect(stats.bytes > 0)
            let age = try #require(stats.oldestAge)
            #expect(abs(age - (now - 1_732_270_000_123)) < 5_000)
        }
    }

    @Test("an empty queue has no oldest job")
    func empty() async throws {
        try await QueueFixture.run { queue in
            let stats = try await QueueStats.read(queue.keys, from: queue.client)
            #expect(stats.oldestAge == nil)
            #expect(!stats.isPaused)
            #expect(stats.bytes == 0)
        }
    }
}
