import JobQueue
import RedisClient
import TestSupport
import Testing

@testable import JobEngine
@testable import OutboundLanes

@Suite(.timeLimit(.minutes(1))) struct LaneClaimTests {
    @Test("a lane is taken oldest first, as far as its number's bucket goes, into the worker's own list")
    func order() async throws {
        try await LaneFixture.run { queue in
            let me = try await queue.worker()
            let claimer = queue.claimer(me)
            try await queue.fill("100", (0..<10).map(String.init))
            let first = try await claimer.next(busy: false)
            #expect(first.ids == ["0", "1", "2", "3"])
            #expect(try await queue.ids(queue.keys.claimed(by: me.id)) == first.ids)
            #expect(try await queue.length(queue.keys.lane(of: "100")) == 6)
            claimer.close()
        }
    }

    @Test("lanes that are due share the batch, and an empty one leaves the list of lanes")
    func share() async throws {
        try await LaneFixture.run { queue in
            let claimer = queue.claimer(try await queue.worker(), batch: 6)
            try await queue.lanes.set(LaneSetting(number: "1", perSecond: 100_000))
            try await queue.fill("1", (0..<100).map { "a\($0)" })
            try await queue.fill("2", ["b0"])
            try await queue.fill("3", ["c0", "c1"])
            let first = try await claimer.next(busy: false).ids
            #expect(
                Set(first) == ["a0", "a1", "b0", "c0", "c1"] || Set(first) == ["a0", "a1", "b0", "c0", "c1", "a2"])
            #expect(
                try await queue.redis("ZRANGE", .text(queue.keys.lanes), "0", "-1").elements?.compactMap(\.text) == [
                    "1"
                ])
            #expect(try await claimer.next(busy: false).ids.count == 6)
            claimer.close()
        }
    }

    @Test("a lane or throttle of another type keeps no other lane's sends from their turn", arguments: [true, false])
    func foreign(lane: Bool) async throws {
        try await LaneFixture.run { queue in
            let claimer = queue.claimer(try await queue.worker())
            let key = lane ? queue.keys.lane(of: "1") : queue.keys.rateOfNumberPrefix + "1"
            if !lane { try await queue.fill("1", ["a"]) }
            try await queue.redis("HSET", .text(key), "not", "ours")
            // Due before the others.
            try await queue.redis("ZADD", .text(queue.keys.lanes), "0", "1")
            try await queue.fill("2", ["b"])
            #expect(try await claimer.next(busy: false).ids == ["b"])
            #expect(try await queue.lanes.list().map(\.number) == ["1"])
            #expect(try await QueueStats.read(queue.keys, from: queue.client).inLanes == (lane ? 0 : 1))
            try await queue.redis("DEL", .text(key))
            if lane { try await queue.fill("1", ["a"]) }
            try await queue.redis("ZADD", .text(queue.keys.lanes), "0", "1")
            #expect(try await claimer.next(busy: false).ids == ["a"])
            claimer.close()
        }
    }

    @Test("what cannot enter the worker's own list stays in its lane")
    func foreignHands() async throws {
        try await LaneFixture.run { queue in
            let worker = try await queue.worker()
            let claimer = queue.claimer(worker)
            try await queue.fill("1", ["a", "b"])
            try await queue.redis("SET", .text(queue.keys.claimed(by: worker.id)), "not ours")
            await #expect(throws: RedisError.self) { _ = try await claimer.next(busy: false) }
            #expect(try await queue.ids(queue.keys.lane(of: "1")) == ["a", "b"])
            try await queue.redis("DEL", .text(queue.keys.claimed(by: worker.id)))
            #expect(try await claimer.next(busy: false).ids == ["a", "b"])
            claimer.close()
        }
    }

    @Test("a suspect is taken by itself, by an idle worker; one worker at a time makes room for it")
    func suspect() async throws {
        try await LaneFixture.run { queue in
            let (me, other) = (queue.claimer(try await queue.worker()), queue.claimer(try await queue.worker()))
            try await queue.fill("1", ["suspect"], crashes: 1)
            try await queue.fill("1", ["b"])
            guard case .suspectNext = try await me.next(busy: true) else {
                Issue.record("a busy worker was not told to make room")
                return
            }
            // The other one passes the lane over and goes on with what else there is.
            try await queue.fill("2", ["c"])
            #expect(try await other.next(busy: true).ids == ["c"])
            try await queue.redis("ZADD", .text(queue.keys.lanes), "0", "1")
            #expect(try await me.next(busy: false).ids == ["suspect"])
            try await queue.redis("ZADD", .text(queue.keys.lanes), "0", "1")
            #expect(try await me.next(busy: true).ids == ["b"])
            me.close()
            other.close()
        }
    }

    @Test(
        "who makes room for a suspect takes nothing else meanwhile, and then that one, though others put its lane off")
    func drainer() async throws {
        try await LaneFixture.run { queue in
            let (me, other) = (queue.claimer(try await queue.worker()), queue.claimer(try await queue.worker()))
            try await queue.fill("1", ["suspect"], crashes: 1)
            for _ in 0..<2 {
                guard case .suspectNext = try await me.next(busy: true) else {
                    Issue.record("a busy worker was not told to make room")
                    return
                }
                try await queue.fill("2", ["c"])
            }
            #expect(try await other.next(busy: true).ids == ["c", "c"])
            #expect(try await me.next(busy: false).ids == ["suspect"])
            me.close()
            other.close()
        }
    }

    @Test("many suspects in one lane are done one by one within seconds, though other lanes keep all workers busy")
    func manySuspects() async throws {
        try await LaneFixture.run { queue in
            try await queue.lanes.set(LaneSetting(number: "1", perSecond: 100_000))
            try await queue.lanes.set(LaneSetting(number: "2", perSecond: 1_000))
            try await queue.fill("1", (0..<30).map { "s\($0)" }, crashes: 1)
            try await queue.fill("2", (0..<20_000).map(String.init))
            let workers = (0..<2).map { _ in
                RunningLanes(
                    queue, admits: false,
                    sending: { jobs in
                        // As long as Meta takes to answer.
                        try await Task.sleep(for: .milliseconds(50))
                        return jobs.map { _ in .completed }
                    })
            }
            try await waitUntil("all suspects are done", within: .seconds(20)) {
                workers.flatMap(\.sent).count { $0.number == "1" } == 30
            }
            for worker in workers { await worker.stop() }
            #expect(workers.flatMap(\.sent).count { $0.number == "2" } > 0)
        }
    }

    @Test("who was to make room for a suspect and is gone keeps nobody from it")
    func goneDrainer() async throws {
        try await LaneFixture.run { queue in
            let (gone, me) = (try await queue.worker(), queue.claimer(try await queue.worker()))
            let leaving = queue.claimer(gone)
            try await queue.fill("1", ["suspect"], crashes: 1)
            guard case .suspectNext = try await leaving.next(busy: true) else {
                Issue.record("a busy worker was not told to make room")
                return
            }
            leaving.close()
            try await queue.redis("ZREM", .text(queue.keys.workers), .text(gone.id))
            guard case .suspectNext = try await me.next(busy: true) else {
                Issue.record("the next one was not told to make room")
                return
            }
            #expect(try await me.next(busy: false).ids == ["suspect"])
            me.close()
        }
    }

    @Test("a suspect ends the batch before it")
    func suspectBehind() async throws {
        try await LaneFixture.run { queue in
            let me = queue.claimer(try await queue.worker())
            try await queue.fill("1", ["a"])
            try await queue.fill("1", ["suspect"], crashes: 2)
            try await queue.fill("2", ["b"])
            #expect(try await me.next(busy: false).ids == ["a", "b"])
            me.close()
        }
    }

    @Test("a worker that is not among the living gets nothing, nor does anyone while the queue is paused")
    func goneAndPaused() async throws {
        try await LaneFixture.run { queue in
            try await queue.fill("1", ["a"])
            let gone = queue.claimer(.fresh())
            guard case .gone = try await gone.next(busy: false) else {
                Issue.record("not gone")
                return
            }
            let me = queue.claimer(try await queue.worker())
            try await queue.redis("SET", .text(queue.keys.paused), "because")
            guard case .paused = try await me.next(busy: false) else {
                Issue.record("not paused")
                return
            }
            try await queue.redis("DEL", .text(queue.keys.paused))
            #expect(try await me.next(busy: false).ids == ["a"])
            gone.close()
            me.close()
        }
    }

    @Test("a paused number's lane waits for all workers, keeps what comes in, and goes on at once when it is resumed")
    func pauseAndResume() async throws {
        try await LaneFixture.run { queue in
            let workers = [queue.claimer(try await queue.worker()), queue.claimer(try await queue.worker())]
            try await queue.fill("1", ["a"])
            let first = try await queue.lanes.pause(number: "1", reason: "the token \"died\"", by: "cli:me")
            #expect(first.changed && first.pause.reason == "the token \"died\"" && first.pause.by == "cli:me")
            let again = try await queue.lanes.pause(number: "1", reason: "other")
            #expect(!again.changed && again.pause == first.pause)
            try await queue.fill("2", ["b"])
            try await queue.fill("1", ["a2"])
            #expect(try await workers[0].next(busy: false).ids == ["b"])
            #expect(try await workers[1].next(busy: false).ids == [])
            // A lane that is not yet known as paused is found so by the claim itself.
            try await queue.redis("ZADD", .text(queue.keys.lanes), "0", "1")
            #expect(try await workers[0].next(busy: false).ids == [])
            #expect(try await queue.lanes.paused().keys.sorted() == ["1"])
            let report = try await queue.lanes.list()
            #expect(report.map(\.number) == ["1"] && report[0].waiting == 2 && report[0].pause == first.pause)

            // It blocks meanwhile, and the token wakes it.
            async let woken = workers[1].next(busy: false)
            #expect(try await queue.lanes.resume(number: "1") == first.pause)
            // On a busy machine its claim may come after the resumption, and takes the jobs itself.
            let early = try await woken.ids
            let (left, right) = (
                try await workers[0].next(busy: false).ids, try await workers[1].next(busy: false).ids
            )
            #expect(Set(early + left + right) == ["a", "a2"])
            #expect(try await queue.lanes.resume(number: "1") == nil)
            for worker in workers { worker.close() }
        }
    }

    @Test("a pause that someone ends with redis-cli alone ends too")
    func pauseEndedByHand() async throws {
        try await LaneFixture.run { queue in
            let me = queue.claimer(try await queue.worker())
            try await queue.redis("HSET", .text(queue.keys.pausedLanes), "1", "by hand")
            try await queue.fill("1", ["a"])
            #expect(try await me.next(busy: false).ids == [])
            #expect(try await queue.lanes.paused()["1"]?.reason == "by hand")
            try await queue.redis("HDEL", .text(queue.keys.pausedLanes), "1")
            try await waitUntil("the lane to go on", within: .seconds(30)) {
                try await me.next(busy: false).ids == ["a"]
            }
            me.close()
        }
    }
}
