import JobQueue
import NIOCore
import RedisClient
import Synchronization
import TestSupport
import Testing

@testable import JobEngine

@Suite(.timeLimit(.minutes(1))) struct ConsumerFaultTests {
    /// The clients of a server that sit in a blocking claim.
    private static func blockedClients(_ queue: QueueFixture) async throws -> [String] {
        let list = try await queue.redis("CLIENT", "LIST").text ?? ""
        return list.split(separator: "\n").filter { $0.contains("cmd=blmove") && $0.contains("flags=b") }
            .compactMap { line in line.split(separator: " ").first?.split(separator: "=").last.map(String.init) }
    }

    @Test("a job whose claim was cut off before the reply is found in the own list and done")
    func lostReply() async throws {
        try await QueueFixture.run(on: .start()) { queue in
            let processor = RecordingProcessor()
            let running = RunningConsumer(queue, processor) { $0.blocking = .seconds(30) }
            var client: String?
            try await waitUntil("it to block") {
                client = try await Self.blockedClients(queue).first
                return client != nil
            }
            // What a claim with a lost reply leaves behind: the job is in the list, and nobody was told.
            let me = try #require(try await queue.living().first)
            try await queue.redis("LPUSH", .text(queue.keys.claimed(by: me)), .bytes(QueueFixture.element("cut off")))
            try await queue.redis("CLIENT", "KILL", "ID", .text(try #require(client)))
            try await waitUntil("the job to be done") { running.jobs("completed") == 1 }
            #expect(try await queue.living() == [me])
            await running.stop()
            #expect(processor.ids == ["cut off"])
        }
    }

    @Test("a forgotten job in the own list is found though no connection broke, in order and once")
    func audit() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor()
            let running = RunningConsumer(queue, processor) { $0.consumers = 1 }
            try await waitUntil("it to live") { try await queue.living().count == 1 }
            let me = try await queue.living()[0]
            let jobs = (0..<25).map { QueueFixture.element("\($0)") }
            try await queue.redis("MULTI")
            for job in jobs { try await queue.redis("LPUSH", .text(queue.keys.claimed(by: me)), .bytes(job)) }
            try await queue.redis("EXEC")
            try await waitUntil("the jobs to be done") { running.jobs("completed") == 25 }
            await running.stop()
            #expect(processor.ids == (0..<25).map(String.init))
            #expect(running.stale == 0)
        }
    }

    @Test("a worker whose id is gone stops its work, counts its late settles as stale and works on under a new id")
    func declaredDead() async throws {
        try await QueueFixture.run { queue in
            let gate = Gate()
            let processor = RecordingProcessor { jobs in
                // Deaf to cancellation: it settles late.
                guard jobs[0].header.crashes == 0 else { return jobs.map { _ in .completed } }
                try await Task { try await gate.passed() }.value
                return jobs.map { _ in .completed }
            }
            let running = RunningConsumer(queue, processor)
            try await queue.push("a")
            try await waitUntil("the job to be in work") { processor.ids == ["a"] }
            let first = WorkerIdentity(id: try #require(try await queue.living().first))
            try await queue.bury(first)
            // The worker may notice its own death, and put the job back first.
            _ = try await queue.recover(first)
            gate.open()
            try await waitUntil("the job to run again and be done") { running.jobs("completed") == 1 }
            #expect(running.stale == 1)
            let living = try await queue.living()
            #expect(living.count == 1 && living != [first.id])
            await running.stop()
            #expect(try await queue.isEmpty())
        }
    }

    @Test("jobs of a worker whose id was wiped out altogether are not lost")
    func idWiped() async throws {
        try await QueueFixture.run { queue in
            let wiped = Gate()
            let processor = RecordingProcessor { jobs in
                try await wiped.passed()
                return jobs.map { _ in .completed }
            }
            let running = RunningConsumer(queue, processor)
            try await queue.push("a", "b")
            try await waitUntil("the jobs to be in work") { processor.ids.count == 2 }
            try await queue.redis("DEL", .text(queue.keys.workers))
            try await waitUntil("the work to be cancelled") { processor.record.cancelled == 1 }
            wiped.open()
            try await waitUntil("the jobs to be done under the new id") { running.jobs("completed") == 2 }
            await running.stop()
            #expect(processor.record.batches.flatMap { $0 }.allSatisfy { $0.crashes == 0 })
            #expect(try await queue.isEmpty())
        }
    }

    @Test("a dead worker's jobs run elsewhere within its lease and a little, with one crash each")
    func recovery() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor()
            let running = RunningConsumer(queue, processor)
            let start = ContinuousClock.now
            let dead = try await queue.worker(holding: (0..<150).map { QueueFixture.element("\($0)") })
            try await waitUntil("all jobs to be done") { running.jobs("completed") == 150 }
            #expect(start.duration(to: .now) > .milliseconds(900))
            await running.stop()
            #expect(Set(processor.ids).count == 150)
            #expect(processor.record.batches.allSatisfy { $0.count == 1 && $0[0].crashes == 1 })
            #expect(try await queue.store.claimed(by: dead).isEmpty)
        }
    }

    @Test("after a stall of Redis longer than the lease nobody is declared dead and no job carries a crash")
    func stall() async throws {
        let server = try await RedisServer.start()
        try await QueueFixture.run(on: server) { queue in
            let gate = Gate()
            let processor = RecordingProcessor { jobs in
                try await gate.passed()
                return jobs.map { _ in .completed }
            }
            let consumers = (0..<3).map { _ in RunningConsumer(queue, processor) { $0.consumers = 1 } }
            try await queue.push((0..<40).map { QueueFixture.element("\($0)") })
            try await waitUntil("all to be at work") { processor.record.inWork == 3 }
            let living = try await Set(queue.living())
            // Until every lease has been renewed without a gap for its whole length: only then could anyone be buried.
            let steady = ContinuousClock.now + .milliseconds(1_500)
            try await waitUntil("the leases to be steady") { ContinuousClock.now > steady }
            try server.suspend()
            let end = ContinuousClock.now + .milliseconds(2_500)
            try await waitUntil("the stall to outlast the lease") { ContinuousClock.now > end }
            try server.resume()
            gate.open()
            try await waitUntil("all jobs to be done", within: .seconds(20)) {
                consumers.map { $0.jobs("completed") }.reduce(0, +) >= 40 ? try await queue.isEmpty() : false
            }
            #expect(try await Set(queue.living()) == living)
            for consumer in consumers { await consumer.stop() }
            #expect(processor.record.batches.flatMap { $0 }.allSatisfy { $0.crashes == 0 && $0.attempt == 0 })
            #expect(consumers.map(\.stale).reduce(0, +) == 0)
        }
    }

    @Test("Redis killed and restarted under load: every job is done, none carries a crash")
    func restart() async throws {
        let server = try await RedisServer.start(.durable)
        try await QueueFixture.run(on: server) { queue in
            let processor = RecordingProcessor(taking: .milliseconds(2))
            let consumers = (0..<2).map { _ in RunningConsumer(queue, processor) { $0.lease = .seconds(10) } }
            try await queue.push((0..<3_000).map { QueueFixture.element("\($0)") })
            for share in [500, 1_500] {
                try await waitUntil("some to be done") { Set(processor.ids).count > share }
                try await server.kill()
                try await server.restart()
            }
            try await waitUntil("all jobs to be done", within: .seconds(30)) {
                Set(processor.ids).count == 3_000 ? try await queue.isEmpty() : false
            }
            for consumer in consumers { await consumer.stop() }
            #expect(processor.record.batches.flatMap { $0 }.allSatisfy { $0.crashes == 0 })
        }
    }

    @Test("two workers never both settle one job, whatever is cut off meanwhile")
    func noDoubleSettles() async throws {
        try await QueueFixture.run(on: .start()) { queue in
            let processor = RecordingProcessor(taking: .milliseconds(1))
            let consumers = (0..<3).map { _ in RunningConsumer(queue, processor) { $0.lease = .seconds(10) } }
            for wave in 0..<10 {
                try await queue.push((0..<200).map { QueueFixture.element("\(wave)-\($0)") })
                for client in try await Self.blockedClients(queue) {
                    _ = try? await queue.redis("CLIENT", "KILL", "ID", .text(client))
                }
            }
            try await waitUntil("all jobs to be done", within: .seconds(20)) {
                Set(processor.ids).count == 2_000 ? try await queue.isEmpty() : false
            }
            for consumer in consumers { await consumer.stop() }
            #expect(processor.ids.count == 2_000)
            #expect(consumers.map { $0.jobs("completed") }.reduce(0, +) == 2_000)
            #expect(consumers.map(\.stale).reduce(0, +) == 0)
        }
    }

    @Test("a poison job is buried after killing three workers; those that died beside it are done")
    func poison() async throws {
        try await QueueFixture.run { queue in
            let ids = (0..<200).map { $0 == 77 ? "poison" : "\($0)" }
            try await queue.push(ids.map { QueueFixture.element($0) })
            var done: [String] = []
            // Each of these dies as soon as it holds the poison; what it claimed alone before, it finishes.
            for _ in 0..<3 {
                let victim = try await queue.worker()
                while true {
                    let claim = try await queue.claim(victim, most: 200)
                    if try claim.jobs.contains(where: { try QueueFixture.header($0).id == "poison" }) { break }
                    try #require(!claim.jobs.isEmpty)
                    done += try claim.jobs.map { try QueueFixture.header($0).id }
                    _ = try await queue.store.settle(
                        claim.jobs.map { .init(bytes: $0, target: .done) }, worker: victim)
                }
                let other = try await queue.worker()
                try await queue.die(victim)
                _ = try await queue.depart(asking: other, lastBeat: queue.now())
                while try await queue.recover(victim).left > 0 {}
                try await queue.store.leave(other)
            }
            let processor = RecordingProcessor()
            let running = RunningConsumer(queue, processor)
            try await waitUntil("the rest to be done") { try await queue.isEmpty() }
            await running.stop()
            #expect((done + processor.ids).sorted() == ids.filter { $0 != "poison" }.sorted())
            let dead = try await queue.scored(queue.keys.dead).map { try QueueFixture.header($0) }
            #expect(dead.map(\.id) == ["poison"])
            #expect(dead.first?.error?.code == "crash-loop")
        }
    }
}
