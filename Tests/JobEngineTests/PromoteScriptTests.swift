import JobQueue
import NIOCore
import NIOPosix
import RedisClient
import Synchronization
import TestSupport
import Testing

@testable import JobEngine

@Suite(.timeLimit(.minutes(1))) struct PromoteScriptTests {
    private static let me = WorkerIdentity(id: "me")

    @Test("only what is due moves, to the end of the line in the order of due times, and the next is announced")
    func due() async throws {
        try await QueueFixture.run { queue in
            let now = try await queue.now()
            for (id, due) in [("b", now - 10), ("a", now - 20), ("later", now + 60_000)] {
                try await queue.redis(
                    "ZADD", .text(queue.keys.scheduled), .integer(due), .bytes(QueueFixture.element(id)))
            }
            try await queue.push("waiting")
            let (moved, next) = try await queue.store.promote(limit: 100, asking: Self.me)
            #expect(moved == 2)
            #expect((50_000...60_000).contains(next ?? 0))
            #expect(try await queue.readyIDs() == ["waiting", "a", "b"])
            try await queue.redis("DEL", .text(queue.keys.scheduled))
            #expect(try await queue.store.promote(limit: 100, asking: Self.me) == (0, nil))
        }
    }

    @Test("a step ends at its limit of jobs and of bytes")
    func step() async throws {
        try await QueueFixture.run { queue in
            let large = String(repeating: "x", count: 1_500_000)
            for index in 0..<5 {
                try await queue.redis(
                    "ZADD", .text(queue.keys.scheduled), .integer(index),
                    .bytes(QueueFixture.element("\(index)", payload: large)))
            }
            #expect(try await queue.store.promote(limit: 2, asking: Self.me) == (2, 0))
            #expect(try await queue.store.promote(limit: 100, asking: Self.me) == (3, nil))
        }
    }

    @Test("while more is due than one step moves one worker goes on alone; another takes over when it falls silent")
    func alone() async throws {
        try await QueueFixture.run { queue in
            let other = WorkerIdentity(id: "other")
            for index in 0..<6 {
                try await queue.redis(
                    "ZADD", .text(queue.keys.scheduled), .integer(index), .bytes(QueueFixture.element("\(index)")))
            }
            #expect(try await queue.store.promote(limit: 1, asking: Self.me) == (1, 0))
            let (moved, wait) = try await queue.store.promote(limit: 1, asking: other)
            #expect(moved == 0)
            #expect((1...300).contains(wait ?? 0))
            #expect(try await queue.store.promote(limit: 1, asking: Self.me) == (1, 0))
            try await waitUntil("the other one to go on") {
                try await queue.store.promote(limit: 1, asking: other) == (1, 0)
            }
            #expect(try await queue.store.promote(limit: 100, asking: Self.me).moved == 0)
            // Who has moved all keeps nobody out.
            #expect(try await queue.store.promote(limit: 100, asking: other) == (3, nil))
            #expect(try await queue.store.promote(limit: 100, asking: Self.me) == (0, nil))
        }
    }

    @Test(
        "a lock that was set before Redis' clock was set back, or that never ends, keeps nobody out",
        arguments: [true, false])
    func oddLock(ends: Bool) async throws {
        try await QueueFixture.run { queue in
            try await queue.redis("ZADD", .text(queue.keys.scheduled), "1", .bytes(QueueFixture.element("a")))
            try await queue.redis("SET", .text(queue.keys.lock("promotion")), "other")
            if ends { try await queue.redis("PEXPIRE", .text(queue.keys.lock("promotion")), "3600000") }
            #expect(try await queue.store.promote(limit: 100, asking: Self.me) == (1, nil))
        }
    }

    @Test("a running consumer takes a due job within a second, and never before its time")
    func onTime() async throws {
        try await QueueFixture.run { queue in
            let taken = Mutex<[String: Int64]>([:])
            let processor = RecordingProcessor { jobs in
                let now = try await queue.now()
                taken.withLock { taken in for job in jobs { taken[job.header.id] = now } }
                return jobs.map { _ in .completed }
            }
            let running = RunningConsumer(queue, processor)
            let start = try await queue.now()
            let due = (0..<9).map { start + 500 + Int64($0) * 337 }
            for time in due {
                try await queue.redis(
                    "ZADD", .text(queue.keys.scheduled), .integer(time), .bytes(QueueFixture.element("\(time)")))
            }
            try await waitUntil("all to be done") { running.jobs("completed") == due.count }
            await running.stop()
            let late = try due.map { time in try #require(taken.withLock { $0["\(time)"] }) - time }
            // A machine that is busy with other tests may delay some.
            #expect(late.allSatisfy { $0 >= 0 })
            #expect(late.sorted()[due.count / 2] < 1_000, "\(late)")
        }
    }

    @Test("100,000 jobs due at once are promoted while others are answered promptly")
    func herd() async throws {
        try await QueueFixture.run(on: .start()) { queue in
            let fill = RedisScript(
                source: "for i = 1, 100000 do redis.call('ZADD', KEYS[1], 1, 'job' .. string.rep('x', 500) .. i) end")
            _ = try await queue.client.run(fill, keys: [queue.keys.scheduled], arguments: [], timeout: .seconds(20))
            try await queue.redis("CONFIG", "SET", "slowlog-log-slower-than", "50000")
            try await queue.redis("SLOWLOG", "RESET")
            let stop = StopSignal()
            let promoters = (0..<8).map { number in
                DueJobPromoter(
                    worker: WorkerIdentity(id: "w\(number)"), store: queue.store, logger: queue.logger)
            }
            let other = try await RedisConnection.connect(
                queue.redis, on: MultiThreadedEventLoopGroup.singleton.any(), logger: queue.logger)
            async let promoting: Void = withTaskGroup { group in
                for promoter in promoters { group.addTask { await promoter.run(until: stop) } }
            }
            try await waitUntil("all to be promoted", within: .seconds(40), poll: .milliseconds(20)) {
                try await other.send(RedisCommand("LLEN", .text(queue.keys.ready))).integer == 100_000
            }
            stop.give()
            await promoting
            await other.close()
            // Redis' own measure of each of the thousand steps, as the client's clock would also count what a busy machine
            // does to the client; the machine may take the processor from Redis too, in a few of them.
            #expect(try await queue.redis("SLOWLOG", "LEN").integer ?? .max < 10)
        }
    }
}
