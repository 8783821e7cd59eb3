import JobQueue
import OperationsKit
import RedisClient
import TestSupport
import Testing

@testable import JobEngine

@Suite(.timeLimit(.minutes(1))) struct ConsumerStopTests {
    @Test("an idle worker is gone without waiting for the end of its blocking claim, and its id has departed")
    func idle() async throws {
        try await QueueFixture.run { queue in
            let running = RunningConsumer(queue, RecordingProcessor()) { $0.blocking = .seconds(10) }
            try await waitUntil("it to claim") {
                guard case .ready = running.consumer.readiness else { return false }
                return try await queue.living().count == 1
            }
            let start = ContinuousClock.now
            await running.stop()
            #expect(start.duration(to: .now) < .seconds(5))
            #expect(try await queue.living().isEmpty)
            #expect(try await queue.scored(queue.keys.departed).count == 1)
        }
    }

    @Test("a busy worker finishes what it works on and takes nothing new")
    func busy() async throws {
        try await QueueFixture.run { queue in
            let gate = Gate()
            let processor = RecordingProcessor { jobs in
                try await gate.passed()
                return jobs.map { _ in .completed }
            }
            try await queue.push("a", "b")
            let running = RunningConsumer(queue, processor) { settings in
                settings.consumers = 1
                settings.lease = .milliseconds(500)
            }
            try await waitUntil("the jobs to be in work") { processor.ids.count == 2 }
            async let stopped: Void = running.stop()
            try await queue.push("later")
            // Longer than the lease: the drain keeps it.
            let drainBegan = ContinuousClock.now
            try await waitUntil("the drain to last longer than the lease") {
                let living = try await queue.living().count
                try #require(living == 1)
                return drainBegan.duration(to: .now) > .milliseconds(700)
            }
            gate.open()
            await stopped
            #expect(running.jobs("completed") == 2)
            #expect(try await queue.readyIDs() == ["later"])
        }
    }

    @Test("what does not finish in time is handed back unpenalised, in order, at the head of the line")
    func drainEnds() async throws {
        try await QueueFixture.run { queue in
            let gate = Gate()
            let processor = RecordingProcessor { jobs in
                try await gate.passed()
                return jobs.map { _ in .completed }
            }
            let jobs = (0..<35).map { QueueFixture.element("\($0)") }
            try await queue.push(jobs)
            let running = RunningConsumer(queue, processor) { settings in
                settings.consumers = 3
                settings.drain = .milliseconds(100)
            }
            try await waitUntil("three batches to be in work") { processor.record.inWork == 3 }
            await running.stop()
            #expect(try await queue.ready() == jobs)
            #expect(running.jobs("released") == 30)
            #expect(processor.record.cancelled == 3)
            #expect(try await queue.living().isEmpty)
        }
    }

    @Test("large jobs are handed back in order too, in steps that bytes bound")
    func largeOnes() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor { _ in throw JobOutage("the database is away") }
            let large = String(repeating: "x", count: 1_500_000)
            let jobs = (0..<5).map { QueueFixture.element("\($0)", payload: "\"\(large)\"") }
            for job in jobs { try await queue.push([job]) }
            let running = RunningConsumer(queue, processor)
            try await waitUntil("all to be held") { Set(processor.ids).count == 5 }
            await running.stop()
            #expect(try await queue.readyIDs() == ["0", "1", "2", "3", "4"])
        }
    }

    @Test("a batch that an outage holds is handed back at once")
    func held() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor { _ in throw JobOutage("the database is away") }
            try await queue.push("a", "b")
            let running = RunningConsumer(queue, processor) { $0.drain = .seconds(30) }
            try await waitUntil("it to be held") { processor.record.batches.count > 1 }
            let start = ContinuousClock.now
            await running.stop()
            #expect(start.duration(to: .now) < .seconds(5))
            #expect(try await queue.ready() == [QueueFixture.element("a"), QueueFixture.element("b")])
        }
    }

    @Test("a cancelled worker ends at once and hands back what it has")
    func cancelled() async throws {
        try await QueueFixture.run { queue in
            let gate = Gate()
            let processor = RecordingProcessor { jobs in
                try await gate.passed()
                return jobs.map { _ in .completed }
            }
            try await queue.push("a")
            let running = RunningConsumer(queue, processor)
            try await waitUntil("the job to be in work") { processor.ids == ["a"] }
            await running.cancel()
            #expect(try await queue.ready() == [QueueFixture.element("a")])
        }
    }

    @Test("a stop while Redis is away ends too")
    func withoutRedis() async throws {
        let server = try await RedisServer.start()
        try await QueueFixture.run(on: server) { queue in
            let running = RunningConsumer(queue, RecordingProcessor()) { $0.drain = .milliseconds(100) }
            try await waitUntil("it to live") { try await queue.living().count == 1 }
            try await server.kill()
            let start = ContinuousClock.now
            await running.stop()
            #expect(start.duration(to: .now) < .seconds(20))
        }
    }
}
