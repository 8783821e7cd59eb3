import JobEngine
import JobQueue
import NIOCore
import RedisClient
import Testing

@testable import QueueAdministration

struct ReplayTests {
    private static func webhook(number: String) -> String {
        #"{"entry":[{"id":"acc","changes":[{"value":{"metadata":{"phone_number_id":"\#(number)"}}}]}]}"#
    }

    @Test func aReplayedJobBeginsAnewWithItsPayloadByteForByte() async throws {
        try await QueueStage.run { stage in
            let payload = #"{ "a":1.50, "b":"\ud800" , "c":[] }"#
            try await stage.bury(QueueStage.job("one", payload: payload))
            try await stage.push(QueueStage.job("fresh"))
            let outcome = try await stage.replay.replay(DeadLetterFilter(), limit: nil, rate: nil)
            #expect(outcome.matched == 1 && outcome.moved == 1)
            let ready = try await stage.ready()
            #expect(ready.map(\.id) == ["fresh", "one"])
            let element = try #require(ready.last?.element)
            #expect(element.header.attempt == 0)
            #expect(element.header.crashes == 0)
            #expect(element.header.error == nil)
            #expect(element.header.signature == "sha256=feed")
            #expect(String(buffer: element.payload) == payload)
            #expect(try await stage.dead().isEmpty)
        }
    }

    @Test func onlyWhatTheFilterMeansIsMoved() async throws {
        try await QueueStage.run { stage in
            try await stage.bury(QueueStage.job("error", error: "other"))
            try await stage.bury(QueueStage.job("type", type: "text", payload: #"{"tenant":7}"#))
            try await stage.bury(QueueStage.job("number", payload: Self.webhook(number: "100")))
            try await stage.bury(QueueStage.job("old"), age: 7_200_000)
            func matches(_ change: (inout DeadLetterFilter) -> Void) async throws -> Int {
                var filter = DeadLetterFilter()
                change(&filter)
                return try await stage.replay.dryRun(filter, limit: nil).matched
            }
            #expect(try await matches { _ in } == 4)
            #expect(try await matches { $0.errorCode = "other" } == 1)
            #expect(try await matches { $0.type = "text" } == 1)
            #expect(try await matches { $0.owner = JobOwner(phoneNumberIDs: ["100"]) } == 1)
            #expect(try await matches { $0.owner = JobOwner(phoneNumberIDs: ["999"]) } == 0)
            #expect(try await matches { $0.owner = JobOwner(tenant: "7") } == 1)
            #expect(try await matches { $0.olderThan = 3_600_000 } == 1)
            #expect(try await matches { $0.newerThan = 3_600_000 } == 3)
            var filter = DeadLetterFilter()
            filter.errorCode = "other"
            _ = try await stage.replay.replay(filter, limit: nil, rate: nil)
            #expect(try await stage.ready().map(\.id) == ["error"])
            #expect(try await stage.dead().count == 3)
        }
    }

    @Test func whereTheWaitingListIsNoneADeadLetterStaysOne() async throws {
        try await QueueStage.run { stage in
            try await stage.bury(QueueStage.job("one"))
            _ = try await stage.redis.send(RedisCommand("SET", .text(stage.keys.ready), "not ours"))
            let error = await #expect(throws: RedisError.self) {
                try await stage.replay.replay(DeadLetterFilter(), limit: nil, rate: nil)
            }
            #expect(error?.description.contains("\(stage.keys.ready) holds a string") == true)
            #expect(try await stage.dead().map(\.id) == ["one"])
        }
    }

    @Test func aDryRunChangesNothingAndSamplesWithoutTexts() async throws {
        try await QueueStage.run { stage in
            for number in 1...20 {
                try await stage.bury(QueueStage.job("d\(number)", payload: #"{"text":{"body":"private words"}}"#))
            }
            let outcome = try await stage.replay.dryRun(DeadLetterFilter(), limit: nil)
            #expect(outcome.matched == 20 && outcome.moved == 0)
            #expect(outcome.sample.count == 5)
            #expect(!outcome.sample.joined().contains("private words"))
            #expect(try await stage.dead().count == 20)
            #expect(try await stage.ready().isEmpty)
        }
    }

    /// A thousand jobs that died in one millisecond: a walk by rank or by score alone would skip or repeat.
    @Test(arguments: [nil, 700])
    func manyJobsOfOneMomentAreEachMovedOnce(limit: Int?) async throws {
        try await QueueStage.run { stage in
            let score = try await stage.now() - 1_000
            for number in 0..<1_000 {
                let error = number % 3 == 0 ? "keep" : "move"
                _ = try await stage.redis.send(
                    RedisCommand(
                        "ZADD", .text(stage.keys.dead), .integer(score),
                        .bytes(QueueStage.job("j\(number)", error: error))))
            }
            var filter = DeadLetterFilter()
            filter.errorCode = "move"
            let outcome = try await stage.replay.replay(filter, limit: limit, rate: nil)
            let expected = min(666, limit ?? .max)
            #expect(outcome.moved == expected)
            let ready = try await stage.ready().compactMap(\.id)
            #expect(ready.count == expected && Set(ready).count == expected)
            #expect(try await stage.dead().count == 1_000 - expected)
        }
    }

    @Test func whatCannotRunAgainStaysDead() async throws {
        try await QueueStage.run { stage in
            try await stage.bury(
                JobElement.unreadable(ByteBuffer(string: "junk"), reason: "no header", id: "u", now: 1).bytes)
            try await stage.bury(ByteBuffer(string: #"{"v":9,"id":"x","type":"t","received_at":1,"payload":1}"#))
            try await stage.bury(ByteBuffer(string: "junk"))
            try await stage.bury(QueueStage.job("good"))
            let outcome = try await stage.replay.replay(DeadLetterFilter(), limit: nil, rate: nil)
            #expect(outcome.matched == 4 && outcome.moved == 1 && outcome.leftAlone == 3)
            #expect(try await stage.dead().count == 3)
        }
    }

    @Test func aReplayIsNoFasterThanAsked() async throws {
        try await QueueStage.run { stage in
            for number in 1...30 { try await stage.bury(QueueStage.job("j\(number)")) }
            let start = ContinuousClock.now
            let outcome = try await stage.replay.replay(DeadLetterFilter(), limit: nil, rate: 50)
            #expect(outcome.moved == 30)
            // The last batch of five may go once 25 have gone: after half a second.
            #expect(start.duration(to: .now) >= .milliseconds(500))
        }
    }

    @Test func aDeadJobIsRetriedNextInLineAsNew() async throws {
        try await QueueStage.run { stage in
            try await stage.push(QueueStage.job("waiting"))
            try await stage.bury(QueueStage.job("dead"))
            try await stage.replay.retry(try #require(try await stage.inspector.find("dead")))
            #expect(try await stage.ready().map(\.id) == ["dead", "waiting"])
            #expect(try await stage.ready().first?.element?.header.attempt == 0)
        }
    }

    @Test func aScheduledJobIsRetriedWithItsAttempts() async throws {
        try await QueueStage.run { stage in
            try await stage.schedule(QueueStage.job("later"), in: 60_000)
            try await stage.replay.retry(try #require(try await stage.inspector.find("later")))
            #expect(try await stage.ready().first?.element?.header.attempt == 3)
            #expect(try await stage.inspector.stats().scheduled == 0)
        }
    }

    @Test func aJobThatMovedMeanwhileOrIsInHandIsNotRetried() async throws {
        try await QueueStage.run { stage in
            try await stage.bury(QueueStage.job("dead"))
            let seen = try #require(try await stage.inspector.find("dead"))
            try await stage.replay.retry(seen)
            await #expect(throws: AdministrationError.self) { try await stage.replay.retry(seen) }
            #expect(try await stage.ready().count == 1)
            try await stage.hold([QueueStage.job("held")], worker: "w", in: stage.keys.workers)
            let held = try #require(try await stage.inspector.find("held"))
            await #expect(throws: AdministrationError.self) { try await stage.replay.retry(held) }
        }
    }

    @Test func aReplayIsInTheAuditLogWithWhoAndWhat() async throws {
        try await QueueStage.run { stage in
            try await QueueStage.withDatabase { database, sql in
                try await stage.bury(QueueStage.job("a", error: "x"))
                var filter = DeadLetterFilter()
                filter.errorCode = "x"
                let replay = AuditedReplay(keys: stage.keys, redis: stage.redis, database: database, origin: "cli:ana")
                #expect(try await replay.run(filter, limit: nil, rate: nil).moved == 1)
                let log = try await sql(
                    """
                    select string_agg(action || ' ' || origin || ' ' || (detail->'filter'->>'error') || ' '
                        || coalesce(detail->>'moved', '-'), '; ' order by id) from audit_log
                    """)
                #expect(log.contains("queue.replay.begin cli:ana x -; queue.replay cli:ana x 1"))
            }
        }
    }

    @Test func withoutAnAuditLogNothingMoves() async throws {
        try await QueueStage.run { stage in
            try await QueueStage.withDatabase { database, sql in
                _ = try await sql("drop table audit_log")
                try await stage.bury(QueueStage.job("a"))
                let replay = AuditedReplay(keys: stage.keys, redis: stage.redis, database: database, origin: "cli:ana")
                await #expect(throws: (any Error).self) {
                    try await replay.run(DeadLetterFilter(), limit: nil, rate: nil)
                }
                #expect(try await stage.dead().count == 1)
            }
        }
    }
}
