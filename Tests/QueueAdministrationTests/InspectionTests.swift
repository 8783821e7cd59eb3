import JobEngine
import JobQueue
import NIOCore
import RedisClient
import TestSupport
import Testing

@testable import QueueAdministration

struct InspectionTests {
    @Test func aJobIsFoundWhereverItIs() async throws {
        try await QueueStage.run { stage in
            for number in 1...50 { try await stage.push(QueueStage.job("filler-\(number)")) }
            try await stage.push(QueueStage.job("waiting"))
            try await stage.bury(QueueStage.job("dead"))
            try await stage.schedule(QueueStage.job("later"), in: 60_000)
            try await stage.hold([QueueStage.job("held")], worker: "w1", in: stage.keys.workers)
            #expect(try await stage.inspector.find("waiting")?.place == .ready)
            #expect(try await stage.inspector.find("filler-1")?.place == .ready)
            #expect(try await stage.inspector.find("dead")?.place == .dead)
            #expect(try await stage.inspector.find("later")?.place == .scheduled)
            #expect(try await stage.inspector.find("held")?.place == .claimed(worker: "w1"))
            #expect(try await stage.inspector.find("nowhere") == nil)
        }
    }

    @Test func aJobInAListThatNobodyOwnsIsFoundToo() async throws {
        try await QueueStage.run { stage in
            try await stage.hold([QueueStage.job("other"), QueueStage.job("lost")], worker: "nobody")
            #expect(try await stage.inspector.find("lost") == nil)
            let job = try #require(try await stage.inspector.find("lost", unowned: true))
            #expect(job.place == .claimed(worker: "nobody"))
            #expect(try await stage.inspector.find("nowhere", unowned: true) == nil)
        }
    }

    @Test func theAgeOfAShortFormIsSaidToBeUnknown() async throws {
        try await QueueStage.run(.outbound) { stage in
            // A time in the payload is not the job's.
            try await stage.push(ByteBuffer(string: #"{"type":"text","payload":{"received_at":1732270000123}}"#))
            var stats = try await stage.inspector.stats()
            #expect(stats.oldestAge == nil)
            #expect(stats.undated == 1)
            #expect(QueueReport.table([(.outbound, stats, nil)]).contains("unknown (short form)"))
            #expect(QueueReport.json(.outbound, stats, pause: nil).line.contains(#""oldest_age_unknown":true"#))
            try await stage.hold([QueueStage.job("held")], worker: "w1", in: stage.keys.workers)
            stats = try await stage.inspector.stats()
            #expect(stats.oldestAge != nil)
            #expect(QueueReport.table([(.outbound, stats, nil)]).contains("or more"))
        }
    }

    @Test func aJobThatOnlyMentionsTheIDIsNotTakenForIt() async throws {
        try await QueueStage.run { stage in
            try await stage.push(QueueStage.job("right"))
            try await stage.push(QueueStage.job("wrong", payload: #"{"id":"right"}"#))
            #expect(try await stage.inspector.find("right")?.element?.header.id == "right")
        }
    }

    @Test func aProducersShortFormIsFoundByItsID() async throws {
        try await QueueStage.run(.outbound) { stage in
            try await stage.push(
                ByteBuffer(string: #"{ "payload": {"to":"+16505551234"}, "type": "text", "id": "mine" }"#))
            let job = try #require(try await stage.inspector.find("mine"))
            #expect(job.type == "text")
            #expect(!job.isOurs)
        }
    }

    @Test func peekShowsWhatComesFirst() async throws {
        try await QueueStage.run { stage in
            for number in 1...5 { try await stage.push(QueueStage.job("r\(number)")) }
            for number in 1...5 { try await stage.bury(QueueStage.job("d\(number)"), age: Int64(10_000 - number)) }
            #expect(try await stage.inspector.peek(.ready, limit: 2).map(\.id) == ["r1", "r2"])
            #expect(try await stage.inspector.peek(.dead, limit: 3).map(\.id) == ["d1", "d2", "d3"])
            try await stage.hold([QueueStage.job("h1")], worker: "gone", in: stage.keys.departed)
            #expect(try await stage.inspector.peek(.claimed, limit: 3).map(\.id) == ["h1"])
        }
    }

    @Test func workersAreListedWithWhatTheyHold() async throws {
        try await QueueStage.run { stage in
            try await stage.hold([QueueStage.job("a"), QueueStage.job("b")], worker: "w1", in: stage.keys.workers)
            try await stage.hold([], worker: "w2", in: stage.keys.departed)
            let workers = try await stage.inspector.workers().workers
            #expect(workers.map(\.id) == ["w1", "w2"])
            #expect(workers.map(\.isAlive) == [true, false])
            #expect(workers.map(\.held) == [2, 0])
            #expect(workers.allSatisfy { $0.silence < 10_000 })
        }
    }

    @Test func aPauseKeepsItsFirstReasonUntilItIsLifted() async throws {
        try await QueueStage.run { stage in
            let pause = QueuePause(keys: stage.keys, redis: stage.redis)
            #expect(try await pause.note() == nil)
            let first = try await pause.pause(reason: #"Meta is "down""#, by: "cli:ana")
            #expect(first.changed)
            #expect(first.note.reason == #"Meta is "down""#)
            #expect(first.note.by == "cli:ana")
            let since = try #require(first.note.since)
            #expect(abs(since - (try await stage.now())) < 10_000)
            let second = try await pause.pause(reason: "other", by: "cli:bob")
            #expect(!second.changed)
            #expect(second.note == first.note)
            #expect(try await stage.inspector.stats().isPaused)
            #expect(try await pause.resume() == first.note)
            #expect(try await pause.resume() == nil)
            #expect(try await !stage.inspector.stats().isPaused)
        }
    }

    @Test func aFullRedisCanStillBePausedAndReplayed() async throws {
        let server = try await RedisServer.start(RedisServer.Options())
        try await QueueStage.connected(server.url) { connection in
            let stage = QueueStage(redis: connection, prefix: "wa", keys: QueueKeys(prefix: "wa", queue: .inbound))
            try await stage.bury(QueueStage.job("dead"))
            _ = try await connection.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"))
            await #expect(throws: RedisError.self) { try await stage.push(QueueStage.job("refused")) }
            let pause = QueuePause(keys: stage.keys, redis: connection)
            #expect(try await pause.pause(reason: "full", by: "cli:ana").changed)
            #expect(try await pause.resume()?.reason == "full")
            #expect(try await stage.replay.replay(DeadLetterFilter(), limit: nil, rate: nil).moved == 1)
        }
        try await server.stop()
    }

    @Test func aPauseWrittenByHandIsUnderstood() async throws {
        try await QueueStage.run { stage in
            _ = try await stage.redis.send(RedisCommand("SET", .text(stage.keys.paused), "disk full"))
            let note = try await QueuePause(keys: stage.keys, redis: stage.redis).note()
            #expect(note?.reason == "disk full")
            #expect(note?.since == nil)
        }
    }

    @Test func alarmsAreRaisedForDeadLettersAndOldJobs() async throws {
        try await QueueStage.run { stage in
            try await stage.push(QueueStage.job("old"))
            try await stage.bury(QueueStage.job("dead"))
            let stats = try await stage.inspector.stats()
            #expect(QueueAlarm(onDead: true, oldestAge: nil).reasons(.inbound, stats).count == 1)
            #expect(QueueAlarm(onDead: true, oldestAge: 60_000).reasons(.inbound, stats).count == 2)
            #expect(QueueAlarm(onDead: false, oldestAge: .max).reasons(.inbound, stats).isEmpty)
        }
    }
}
