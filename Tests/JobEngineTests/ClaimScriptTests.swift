import JobQueue
import NIOCore
import RedisClient
import Testing

@testable import JobEngine

@Suite(.timeLimit(.minutes(1))) struct ClaimScriptTests {
    @Test("jobs are claimed oldest first, as many as asked for")
    func order() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker()
            try await queue.push("a", "b", "c", "d")
            let claim = try await queue.claim(me, most: 3)
            #expect(claim.state == "ok")
            #expect(try claim.jobs.map { try QueueFixture.header($0).id } == ["a", "b", "c"])
            #expect(try await queue.readyIDs() == ["d"])
            #expect(try await queue.store.claimed(by: me) == claim.jobs.reversed())
        }
    }

    @Test("bytes bound a batch, and a single larger job still makes one")
    func byteBound() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker()
            let large = String(repeating: "x", count: 5_000)
            try await queue.push([
                QueueFixture.element("large", payload: large), QueueFixture.element("small"),
                QueueFixture.element("large2", payload: large), QueueFixture.element("last"),
            ])
            #expect(try await queue.claim(me, bytes: 1_000).jobs.count == 1)
            #expect(try await queue.claim(me, bytes: 1_000).jobs.count == 1)
            #expect(try await queue.claim(me, bytes: 1_000, mode: "more").jobs.isEmpty)
            #expect(try await queue.readyIDs() == ["large2", "last"])
            #expect(try await queue.claim(me, bytes: 10_000).jobs.count == 2)
        }
    }

    @Test("a paused queue hands out nothing")
    func paused() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker()
            try await queue.push("a")
            try await queue.redis("SET", .text(queue.keys.paused), "because")
            #expect(try await queue.claim(me).state == "paused")
            #expect(try await queue.readyIDs() == ["a"])
        }
    }

    @Test("a worker that is not among the living gets nothing")
    func gone() async throws {
        try await QueueFixture.run { queue in
            try await queue.push("a")
            #expect(try await queue.claim(.fresh()).state == "gone")
            #expect(try await queue.readyIDs() == ["a"])
        }
    }

    @Test("a suspect ends a batch before it, is claimed by itself, and waits for a busy worker")
    func suspect() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker()
            try await queue.push([
                QueueFixture.element("a"), QueueFixture.element("suspect", crashes: 1), QueueFixture.element("b"),
            ])
            #expect(try await queue.claim(me).jobs == [QueueFixture.element("a")])
            #expect(try await queue.claim(me, mode: "busy").state == "suspect")
            #expect(try await queue.claim(me, mode: "more").jobs.isEmpty)
            #expect(try await queue.readyIDs() == ["suspect", "b"])
            #expect(try await queue.claim(me).jobs == [QueueFixture.element("suspect", crashes: 1)])
            #expect(try await queue.claim(me, mode: "busy").jobs == [QueueFixture.element("b")])
        }
    }
}
