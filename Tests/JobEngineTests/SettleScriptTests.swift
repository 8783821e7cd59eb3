import JobQueue
import NIOCore
import RedisClient
import Testing

@testable import JobEngine

@Suite(.timeLimit(.minutes(1))) struct SettleScriptTests {
    private static let jobs = ["a", "b", "c", "d", "e"].map { QueueFixture.element($0) }

    @Test("each target puts the job where it says, in any order of the list, and only there")
    func targets() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker(holding: Self.jobs)
            let retried = QueueFixture.element("d", attempt: 1)
            let before = try await queue.now()
            let stale = try await queue.store.settle(
                [
                    .init(bytes: Self.jobs[2], target: .done),
                    .init(bytes: Self.jobs[3], target: .scheduled(after: 60_000), replacement: retried),
                    .init(bytes: Self.jobs[0], target: .dead), .init(bytes: Self.jobs[4], target: .ready),
                ], worker: me)
            #expect(stale == [])
            #expect(try await queue.store.claimed(by: me) == [Self.jobs[1]])
            #expect(try await queue.scored(queue.keys.scheduled) == [retried])
            #expect(try await queue.scored(queue.keys.dead) == [Self.jobs[0]])
            #expect(try await queue.ready() == [Self.jobs[4]])
            let due = try await queue.redis("ZSCORE", .text(queue.keys.scheduled), .bytes(retried)).integer ?? 0
            #expect((before + 60_000...before + 65_000).contains(due))
        }
    }

    @Test("repeated after a lost reply it changes nothing and names every job stale")
    func repeated() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker(holding: Self.jobs)
            let settlements: [JobStore.Settlement] = [
                .init(bytes: Self.jobs[0], target: .dead), .init(bytes: Self.jobs[1], target: .ready),
                .init(bytes: Self.jobs[2], target: .done),
            ]
            #expect(try await queue.store.settle(settlements, worker: me) == [])
            #expect(try await queue.store.settle(settlements, worker: me) == [0, 1, 2])
            #expect(try await queue.ready() == [Self.jobs[1]])
            #expect(try await queue.scored(queue.keys.dead).count == 1)
            #expect(try await queue.store.claimed(by: me).count == 2)
        }
    }

    @Test("a former owner's settle does not touch the job of the new owner")
    func formerOwner() async throws {
        try await QueueFixture.run { queue in
            let former = try await queue.worker()
            let owner = try await queue.worker(holding: [Self.jobs[0]])
            for target in [JobStore.Target.done, .dead, .ready, .scheduled(after: 0)] {
                let settlement = JobStore.Settlement(bytes: Self.jobs[0], target: target)
                #expect(try await queue.store.settle([settlement], worker: former) == [0])
            }
            #expect(try await queue.store.claimed(by: owner) == [Self.jobs[0]])
            #expect(try await queue.ready().isEmpty)
            #expect(try await queue.scored(queue.keys.dead).isEmpty)
        }
    }

    @Test("of two identical elements one settle removes one")
    func twins() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker(holding: [Self.jobs[0], Self.jobs[0]])
            #expect(try await queue.store.settle([.init(bytes: Self.jobs[0], target: .done)], worker: me) == [])
            #expect(try await queue.store.claimed(by: me).count == 1)
        }
    }

    @Test("what goes back stands at the head of the line in the order given")
    func backInOrder() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker(holding: Self.jobs)
            try await queue.push("waiting")
            _ = try await queue.store.settle(Self.jobs.map { .init(bytes: $0, target: .ready) }, worker: me)
            #expect(try await queue.readyIDs() == ["a", "b", "c", "d", "e", "waiting"])
        }
    }

    @Test("bytes that are no text survive")
    func binary() async throws {
        try await QueueFixture.run { queue in
            let bytes = ByteBuffer(bytes: (0...255).map { UInt8($0) } + [0, 0xC0, 0x0A])
            let me = try await queue.worker(holding: [bytes])
            _ = try await queue.store.settle([.init(bytes: bytes, target: .ready)], worker: me)
            #expect(try await queue.ready() == [bytes])
        }
    }
}
