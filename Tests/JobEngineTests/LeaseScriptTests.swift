import JobQueue
import RedisClient
import TestSupport
import Testing

@testable import JobEngine

@Suite(.timeLimit(.minutes(1))) struct LeaseScriptTests {
    @Test("an id registers once, and a heartbeat renews it with Redis' time")
    func register() async throws {
        try await QueueFixture.run { queue in
            let me = WorkerIdentity.fresh()
            #expect(try await queue.store.beat(me) == nil)
            #expect(try await queue.store.register(me) != nil)
            #expect(try await queue.store.register(me) == nil)
            try await queue.die(me)
            let before = try await queue.now()
            let answer = try await queue.store.beat(me) ?? 0
            #expect((before...before + 5_000).contains(answer))
            #expect(try await queue.redis("ZSCORE", .text(queue.keys.workers), .text(me.id)).integer == answer)
        }
    }

    @Test("a heartbeat never revives an id that is gone, nor does a registration")
    func neverRevived() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker()
            let other = try await queue.worker()
            try await queue.die(other)
            _ = try await queue.depart(asking: me, lastBeat: queue.now())
            #expect(try await queue.store.beat(other) == nil)
            #expect(try await queue.store.register(other) == nil)
            #expect(try await queue.living() == [me.id])
        }
    }

    @Test("only who has not renewed for a lease is declared dead, and never the caller")
    func departed() async throws {
        try await QueueFixture.run { queue in
            let job = QueueFixture.element("a")
            let me = try await queue.worker(holding: [job])
            let dead = try await queue.worker(holding: [job])
            let alive = try await queue.worker(holding: [job])
            try await queue.die(dead)
            try await queue.die(me)
            #expect(try await queue.depart(asking: me, lastBeat: queue.now()) == [dead.id])
            #expect(try await Set(queue.living()) == [me.id, alive.id])
        }
    }

    @Test(
        "nobody is declared dead without a fresh answered heartbeat, as in a command that sat out a stall of Redis",
        arguments: [nil, 4_001, 30_000] as [Int64?])
    func stalled(age: Int64?) async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker()
            let other = try await queue.worker(holding: [QueueFixture.element("a")])
            try await queue.die(other)
            let now = try await queue.now()
            #expect(try await queue.depart(asking: me, lastBeat: age.map { now - $0 }) == [])
            #expect(try await queue.living().contains(other.id))
        }
    }

    @Test("the departed are listed also when nobody may be declared dead")
    func onlyList() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker()
            let gone = try await queue.worker(holding: [QueueFixture.element("a")])
            try await queue.store.leave(gone)
            #expect(try await queue.depart(asking: me, lastBeat: nil) == [gone.id])
        }
    }

    @Test("while one worker looks, the others do not; one that may declare nobody dead keeps nobody out")
    func lock() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker()
            let other = try await queue.worker()
            let beat = try #require(try await queue.store.beat(me))
            func look(_ worker: WorkerIdentity, lastBeat: Int64?) async throws -> [WorkerIdentity]? {
                try await queue.store.departed(
                    asking: worker, lease: 10_000, lock: 5_000, lastBeat: lastBeat, watch: 1)
            }
            #expect(try await look(other, lastBeat: nil) == [])
            #expect(try await look(me, lastBeat: beat) == [])
            #expect(try await look(other, lastBeat: beat) == nil)
            #expect(try await look(other, lastBeat: nil) == [])
        }
    }

    @Test("a looker that dies while it holds the lock keeps the others out for no longer than the lock lives")
    func orphanedLock() async throws {
        try await QueueFixture.run { queue in
            let dead = try await queue.worker(holding: [QueueFixture.element("a")])
            let me = try await queue.worker()
            let beat = try #require(try await queue.store.beat(me))
            _ = try await queue.store.departed(asking: dead, lease: 50_000, lock: 300, lastBeat: beat, watch: 1)
            try await queue.die(dead)
            try await waitUntil("its lock to be gone", within: .seconds(30)) {
                let fresh = try await queue.store.beat(me)
                return try await queue.store.departed(
                    asking: me, lease: 50_000, lock: 300, lastBeat: fresh, watch: 1) == [dead]
            }
        }
    }

    @Test(
        "after Redis' clock was set back neither a lock nor a heartbeat of before hides a death until that time comes again"
    )
    func clockSetBack() async throws {
        try await QueueFixture.run { queue in
            let hour: Int64 = 3_600_000
            let dead = try await queue.worker(holding: [QueueFixture.element("a")])
            let me = try await queue.worker()
            try await queue.redis(
                "SET", .text(queue.keys.lock("recovery")), .text(dead.id), "PX", .integer(hour))
            try await queue.redis(
                "ZADD", .text(queue.keys.workers), .integer(try await queue.now() + hour), .text(dead.id))
            let start = ContinuousClock.now
            try await waitUntil("it to be found dead", within: .seconds(30)) {
                let beat = try await queue.store.beat(me)
                return try await queue.store.departed(
                    asking: me, lease: 300, lock: 50, lastBeat: beat, watch: hour) == [dead]
            }
            // It had its lease from when it was seen.
            #expect(start.duration(to: .now) >= .milliseconds(250))
            #expect(try await queue.living() == [me.id])
        }
    }

    @Test("an empty list is watched for its time, then forgotten; one that holds jobs is never forgotten")
    func watch() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker()
            let gone = try await queue.worker()
            try await queue.store.leave(gone)
            #expect(try await queue.depart(asking: me, lastBeat: nil) == [])
            #expect(try await queue.scored(queue.keys.departed).count == 1)
            try await queue.redis("LPUSH", .text(queue.keys.claimed(by: gone.id)), "late")
            #expect(try await queue.depart(asking: me, lastBeat: nil, watch: -1_000) == [gone.id])
            _ = try await queue.recover(gone)
            #expect(try await queue.depart(asking: me, lastBeat: nil, watch: -1_000) == [])
            #expect(try await queue.scored(queue.keys.departed).isEmpty)
        }
    }

    @Test("a worker whose id is in neither set comes under watch when it leaves")
    func leaveOfTheForgotten() async throws {
        try await QueueFixture.run { queue in
            let me = try await queue.worker()
            let lost = try await queue.worker(holding: [QueueFixture.element("a")])
            try await queue.redis("ZREM", .text(queue.keys.workers), .text(lost.id))
            try await queue.store.leave(lost)
            #expect(try await queue.depart(asking: me, lastBeat: nil) == [lost.id])
        }
    }
}
