import JobEngine
import JobLifecycle
import JobQueue
import NIOCore
import RedisClient
import TestSupport
import Testing

/// Holes through which other queues are known to lose, strand or double jobs, where no other test closes them already.
/// The whole list is in docs/known-holes.md.
@Suite(.timeLimit(.minutes(2))) struct KnownHoleTests {
    @Test("a job that takes several leases stays with its living worker and runs once")
    func ageIsNotDeath() async throws {
        try await QueueFixture.run { queue in
            let gate = Gate()
            let processor = RecordingProcessor { jobs in
                try await gate.passed()
                return jobs.map { _ in .completed }
            }
            let consumers = (0..<2).map { _ in RunningConsumer(queue, processor) }
            try await queue.push("long")
            try await waitUntil("the job to be in work") { processor.ids == ["long"] }
            let began = try await queue.now()
            try await waitUntil("three leases to pass") { try await queue.now() > began + 3_000 }
            gate.open()
            try await waitUntil("the job to be done") { try await queue.isEmpty() }
            for consumer in consumers { await consumer.stop() }
            #expect(processor.ids == ["long"])
            #expect(consumers.map(\.stale).reduce(0, +) == 0)
        }
    }

    @Test("a dead worker's job that was on its last attempt runs again; recovery spends no attempt")
    func lastAttempt() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor()
            let running = RunningConsumer(queue, processor, attempts: 5)
            _ = try await queue.worker(holding: [QueueFixture.element("last", attempt: 4)])
            try await waitUntil("the job to be done") { running.jobs("completed") == 1 }
            await running.stop()
            #expect(processor.record.batches.flatMap { $0 }.map(\.attempt) == [4])
            #expect(try await queue.scored(queue.keys.dead).isEmpty)
        }
    }

    @Test("dead letters are never trimmed, however many and however old")
    func neverTrimmed() async throws {
        try await QueueFixture.run { queue in
            let fill = RedisScript(
                source: "for i = 1, 20000 do redis.call('ZADD', KEYS[1], i, 'ancient' .. i) end")
            _ = try await queue.client.run(fill, keys: [queue.keys.dead], arguments: [])
            let refused = JobFailure(code: "refused", text: "It is never good.")
            let processor = RecordingProcessor { $0.map { _ in JobResult(.rejected, refused) } }
            let running = RunningConsumer(queue, processor)
            try await queue.push("fresh")
            try await waitUntil("the job to be buried") { running.jobs("buried") == 1 }
            await running.stop()
            #expect(try await queue.redis("ZCARD", .text(queue.keys.dead)).integer == 20_001)
        }
    }

    @Test("a Redis that was emptied under a running worker, scripts too, is worked on as if it were new")
    func emptied() async throws {
        try await QueueFixture.run(on: .start()) { queue in
            let processor = RecordingProcessor()
            let running = RunningConsumer(queue, processor)
            try await queue.push("before")
            try await waitUntil("the first job to be done") { running.jobs("completed") == 1 }
            try await queue.redis("FLUSHALL")
            try await queue.redis("SCRIPT", "FLUSH")
            try await queue.push("after")
            let failing = QueueFixture.element("due")
            try await queue.redis("ZADD", .text(queue.keys.scheduled), .integer(1), .bytes(failing))
            try await waitUntil("what came later to be done") { running.jobs("completed") == 3 }
            #expect(try await queue.living().count == 1)
            await running.stop()
        }
    }

    @Test("promotion and recovery go on after Redis was away for many of their turns")
    func schedulerOutlivesErrors() async throws {
        let server = try await RedisServer.start(.durable)
        try await QueueFixture.run(on: server) { queue in
            let processor = RecordingProcessor()
            let running = RunningConsumer(queue, processor)
            try await waitUntil("it to live") { try await queue.living().count == 1 }
            let due = try await queue.now() + 1_000
            try await queue.redis(
                "ZADD", .text(queue.keys.scheduled), .integer(due), .bytes(QueueFixture.element("due")))
            _ = try await queue.worker(holding: [QueueFixture.element("held")])
            try await server.kill()
            // Recovery, every 100 ms here, and promotion fail a few dozen times.
            let began = ContinuousClock.now
            try await waitUntil("Redis to have been away for 4 s") { began.duration(to: .now) > .seconds(4) }
            try await server.restart()
            try await waitUntil("both jobs to be done", within: .seconds(30)) { running.jobs("completed") == 2 }
            await running.stop()
            #expect(Set(processor.ids) == ["due", "held"])
        }
    }

    @Test("no worker ever walks through the keyspace: neither SCAN nor KEYS in a life with deaths, retries and pauses")
    func noScan() async throws {
        try await QueueFixture.run(on: .start()) { queue in
            let processor = RecordingProcessor { jobs in
                jobs.map {
                    $0.header.attempt == 0
                        ? JobResult(.failed(retryAfter: nil), JobFailure(code: "once", text: "Again.")) : .completed
                }
            }
            let running = RunningConsumer(queue, processor)
            try await queue.push((0..<50).map { QueueFixture.element("\($0)") })
            _ = try await queue.worker(holding: (50..<80).map { QueueFixture.element("\($0)") })
            try await waitUntil("all to be done") { running.jobs("completed") == 80 }
            await running.stop()
            let commands = try await queue.redis("INFO", "commandstats").text ?? ""
            #expect(commands.contains("cmdstat_blmove") && commands.contains("cmdstat_evalsha"))
            for walk in ["cmdstat_scan:", "cmdstat_keys:", "cmdstat_sscan:", "cmdstat_brpop", "cmdstat_rpoplpush"] {
                #expect(!commands.contains(walk), "\(walk)")
            }
        }
    }
}
