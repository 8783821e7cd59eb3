import JobQueue
import NIOCore
import RedisClient
import TestSupport
import Testing

@testable import JobEngine

/// Keys of ours that hold another type, by an operator's slip or another program's: Redis undoes nothing of a script that
/// fails halfway, so nothing may have begun.
@Suite(.timeLimit(.minutes(1))) struct ForeignKeyTests {
    private static let job = QueueFixture.element("a")

    /// Makes `key` a string, and expects that `body` is refused with an error that names it.
    private static func refused(
        _ queue: QueueFixture, _ key: String, _ body: () async throws -> Void,
        location: SourceLocation = #_sourceLocation
    ) async throws {
        try await queue.redis("SET", .text(key), "not ours")
        let error = await #expect(throws: RedisError.self, sourceLocation: location) { try await body() }
        #expect("\(try #require(error))".contains("WRONGTYPE \(key) holds a string"), sourceLocation: location)
    }

    @Test("a settlement that cannot enter its place leaves every job of the call where it was", arguments: 0..<5)
    func settle(place: Int) async throws {
        try await QueueFixture.run { queue in
            let other = QueueFixture.element("b")
            let me = try await queue.worker(holding: [Self.job, other])
            let keys = queue.keys
            let (key, target): (String, JobStore.Target) =
                [
                    (keys.ready, .ready), (keys.scheduled, .scheduled(after: 0)), (keys.dead, .dead),
                    (keys.lanes, .lane("1", atHead: true)), (keys.wake, .lane("1", atHead: false)),
                ][place]
            let settlements: [JobStore.Settlement] = [
                .init(bytes: Self.job, target: .done), .init(bytes: other, target: target),
            ]
            try await Self.refused(queue, key) { _ = try await queue.store.settle(settlements, worker: me) }
            #expect(try await queue.store.claimed(by: me) == [other, Self.job])
            try await queue.redis("DEL", .text(key))
            #expect(try await queue.store.settle(settlements, worker: me) == [])
            #expect(try await queue.store.claimed(by: me).isEmpty)
        }
    }

    @Test(
        "what is to enter a lane that is none waits in the schedule, and holds up nobody else's sends",
        arguments: [true, false])
    func foreignLane(atHead: Bool) async throws {
        try await QueueFixture.run { queue in
            let other = QueueFixture.element("b")
            let me = try await queue.worker(holding: [Self.job, other])
            let lane = queue.keys.lane(of: "1")
            try await queue.redis("SET", .text(lane), "not ours")
            let replacement = QueueFixture.element("instead")
            let settlements: [JobStore.Settlement] = [
                .init(bytes: Self.job, target: .lane("1", atHead: atHead), replacement: replacement),
                .init(bytes: other, target: .lane("2", atHead: atHead)),
            ]
            #expect(try await queue.store.settle(settlements, worker: me) == [])
            #expect(try await queue.scored(queue.keys.scheduled) == [replacement])
            #expect(try await queue.length(queue.keys.lane(of: "2")) == 1)
            #expect(try await queue.scored(queue.keys.lanes).map { String(buffer: $0) } == ["2"])
            #expect(try await queue.redis("GET", .text(lane)).text == "not ours")
            #expect(try await queue.store.claimed(by: me).isEmpty)
        }
    }

    @Test("due jobs stay in the schedule while the waiting list is none")
    func promote() async throws {
        try await QueueFixture.run { queue in
            try await queue.redis("ZADD", .text(queue.keys.scheduled), "1", .bytes(Self.job))
            try await Self.refused(queue, queue.keys.ready) {
                _ = try await queue.store.promote(limit: 100, asking: WorkerIdentity(id: "me"))
            }
            #expect(try await queue.scored(queue.keys.scheduled) == [Self.job])
        }
    }

    @Test("a dead worker keeps its jobs while they cannot enter their place", arguments: [true, false])
    func recover(ready: Bool) async throws {
        try await QueueFixture.run { queue in
            let dead = try await queue.worker(holding: [QueueFixture.element("a", crashes: 2)])
            try await queue.bury(dead)
            try await Self.refused(queue, ready ? queue.keys.ready : queue.keys.dead) {
                _ = try await queue.recover(dead)
            }
            #expect(try await queue.store.claimed(by: dead).count == 1)
        }
    }

    @Test("nobody is declared dead, and nobody leaves, into a set that is none")
    func departed() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker()
            let dead = try await queue.worker(holding: [Self.job])
            try await queue.die(dead)
            let now = try await queue.now()
            try await Self.refused(queue, queue.keys.departed) { _ = try await queue.depart(asking: me, lastBeat: now) }
            try await Self.refused(queue, queue.keys.departed) { try await queue.store.leave(me) }
            #expect(try await Set(queue.living()) == [me.id, dead.id])
        }
    }

    @Test("a departed worker whose list is none keeps nobody else's jobs from being recovered")
    func foreignList() async throws {
        try await QueueFixture.run { queue in
            // Departed first, so that it is looked at first.
            let odd = try await queue.worker()
            try await queue.bury(odd)
            try await queue.redis("SET", .text(queue.keys.claimed(by: odd.id)), "not ours")
            _ = try await queue.worker(holding: [Self.job])
            let running = RunningConsumer(queue, RecordingProcessor())
            try await waitUntil("the dead worker's job to be done") { running.jobs("completed") == 1 }
            await running.stop()
            #expect(try await queue.redis("GET", .text(queue.keys.claimed(by: odd.id))).text == "not ours")
        }
    }
}
