import JobQueue
import NIOCore
import RedisClient
import TestSupport
import Testing

@testable import JobEngine

/// Settlement and claim in one step, for jobs that are worked on one by one.
@Suite(.timeLimit(.minutes(1))) struct RelayScriptTests {
    private static let job = QueueFixture.element("a", crashes: 1)

    private static func relay(
        _ queue: QueueFixture, _ me: WorkerIdentity, _ target: JobStore.Target = .done
    ) async throws -> (isStale: Bool, claim: JobClaim) {
        try await queue.store.relay(
            .init(bytes: job, target: target), worker: me, batch: 10, bytes: 1_000_000)
    }

    @Test("a suspect's settlement claims the next suspect, by itself")
    func suspects() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker(holding: [Self.job])
            let next = QueueFixture.element("b", crashes: 1)
            try await queue.push([next, QueueFixture.element("c", crashes: 2), QueueFixture.element("d")])
            let (isStale, claim) = try await Self.relay(queue, me)
            #expect(!isStale)
            #expect(Self.jobs(claim) == [next])
            #expect(try await queue.store.claimed(by: me) == [next])
            // Repeated after a lost reply it claims nothing more.
            let again = try await Self.relay(queue, me)
            #expect(again.isStale)
            #expect(Self.jobs(again.claim).isEmpty)
            #expect(try await queue.store.claimed(by: me) == [next])
            #expect(try await queue.readyIDs() == ["c", "d"])
        }
    }

    @Test("after the last suspect a whole batch is claimed, and nothing from an empty or paused queue")
    func others() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker(holding: [Self.job])
            try await queue.redis("SET", .text(queue.keys.paused), "because")
            try await queue.push("b", "c")
            guard case .paused = try await Self.relay(queue, me, .scheduled(after: 60_000)).claim else {
                Issue.record("claimed from a paused queue")
                return
            }
            #expect(try await queue.scored(queue.keys.scheduled) == [Self.job])
            try await queue.redis("DEL", .text(queue.keys.paused))
            #expect(Self.jobs(try await Self.relay(queue, me).claim).count == 2)
        }
    }

    @Test("nothing is claimed into hands that hold another job, nor by a worker that is gone")
    func fullHands() async throws {
        try await QueueFixture.run { queue in
            let other = QueueFixture.element("other")
            let me = try await queue.worker(holding: [Self.job, other])
            try await queue.push([QueueFixture.element("b", crashes: 1)])
            #expect(Self.jobs(try await Self.relay(queue, me).claim).isEmpty)
            #expect(try await queue.store.claimed(by: me) == [other])
            let gone = try await queue.worker(holding: [Self.job])
            try await queue.bury(gone)
            guard case .gone = try await Self.relay(queue, gone).claim else {
                Issue.record("a worker that is gone was not told so")
                return
            }
            #expect(try await queue.readyIDs() == ["b"])
        }
    }

    @Test("a settlement that is refused claims nothing and changes nothing")
    func refused() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker(holding: [Self.job])
            try await queue.push([QueueFixture.element("b", crashes: 1)])
            try await queue.redis("SET", .text(queue.keys.dead), "not ours")
            await #expect(throws: RedisError.self) { _ = try await Self.relay(queue, me, .dead) }
            #expect(try await queue.store.claimed(by: me) == [Self.job])
            #expect(try await queue.readyIDs() == ["b"])
        }
    }

    @Test("an idle worker passes from suspect to suspect, one at a time, without losing or doubling any")
    func consumer() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor()
            try await queue.push(
                (0..<300).map { QueueFixture.element("\($0)", crashes: 1) } + [QueueFixture.element("z")])
            let running = RunningConsumer(queue, processor)
            try await waitUntil("all to be done") { running.jobs("completed") == 301 }
            await running.stop()
            #expect(processor.ids == (0..<300).map(String.init) + ["z"])
            #expect(processor.record.batches.allSatisfy { $0.count == 1 })
            #expect(try await queue.isEmpty())
        }
    }

    @Test("what a settlement has claimed whose reply was lost is worked on before anything else is claimed")
    func lostReply() async throws {
        let server = try await RedisServer.start()
        try await QueueFixture.run(on: server) { queue in
            let processor = RecordingProcessor { jobs in
                // The settlement is sent, and waits at the server for longer than its client does.
                if jobs[0].header.id == "a" { try server.suspend() }
                return jobs.map { _ in .completed }
            }
            // A server that did not know the script would not have executed it.
            try await queue.redis("SCRIPT", "LOAD", .text(JobScripts.relay.source))
            try await queue.push(["a", "b", "c"].map { QueueFixture.element($0, crashes: 1) })
            let running = RunningConsumer(queue, processor) {
                $0.lease = .seconds(30)
                $0.audit = .seconds(600)
            }
            try await waitUntil("the first to be in work") { processor.ids == ["a"] }
            let end = ContinuousClock.now + .milliseconds(1_500)
            try await waitUntil("its settlement to be given up") { ContinuousClock.now > end }
            try server.resume()
            try await waitUntil("all to be done") { running.jobs("completed") == 3 }
            await running.stop()
            #expect(processor.ids == ["a", "b", "c"])
            #expect(running.stale == 0)
            #expect(try await queue.isEmpty())
        }
    }

    private static func jobs(_ claim: JobClaim) -> [ByteBuffer] {
        if case .jobs(let jobs) = claim { jobs } else { [] }
    }
}
