import JobQueue
import NIOCore
import Postgres
import RedisClient
import TestSupport
import Testing

@testable import QueueAdministration

struct ArchiveTests {
    private static func run(
        _ body: (QueueStage, JobArchive, (String) async throws -> String) async throws -> Void
    ) async throws {
        try await QueueStage.run { stage in
            try await QueueStage.withDatabase { database, sql in
                let archive = JobArchive(keys: stage.keys, redis: stage.redis, database: database, origin: "cli:ana")
                try await body(stage, archive, sql)
            }
        }
    }

    @Test func deadLettersMoveToTheTableByteForByte() async throws {
        try await Self.run { stage, archive, sql in
            let job = QueueStage.job("a\u{0}b", payload: #"{"text":"\u0000"}"#)
            try await stage.bury(job)
            for number in 1...250 { try await stage.bury(QueueStage.job("j\(number)")) }
            let outcome = try await archive.run(DeadLetterFilter(), purpose: .archive, limit: nil)
            #expect(outcome == JobArchive.Outcome(archived: 251, gone: 0))
            #expect(try await stage.dead().isEmpty)
            #expect(try await sql("select count(*) from archived_jobs where removed_at is not null").contains("251"))
            let hex = job.readableBytesView.map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined()
            #expect(
                try await sql("select count(*) from archived_jobs where element = decode('\(hex)', 'hex')")
                    .contains("1"))
            #expect(try await sql("select action || (detail->>'archived') from audit_log").contains("queue.archive251"))
        }
    }

    @Test func onlyTheOlderOnesAreArchived() async throws {
        try await Self.run { stage, archive, _ in
            try await stage.bury(QueueStage.job("old"), age: 7_200_000)
            try await stage.bury(QueueStage.job("new"))
            var filter = DeadLetterFilter()
            filter.olderThan = 3_600_000
            #expect(try await archive.run(filter, purpose: .archive, limit: nil).archived == 1)
            #expect(try await stage.dead().map(\.id) == ["new"])
        }
    }

    /// Redis is lost between the commit and the removal, as by a kill: the job stands in both. The next run must take it
    /// out without a second row.
    @Test func anArchiveThatWasCutOffGoesOnWithoutDoubling() async throws {
        try await QueueStage.run { stage in
            try await QueueStage.withDatabase { database, sql in
                try await stage.bury(QueueStage.job("a"))
                let job = try #require(try await stage.dead().first)
                let lost = try await QueueStage.connected(RedisServer.shared().url) { $0 }
                let cutOff = JobArchive(keys: stage.keys, redis: lost, database: database, origin: "cli:ana")
                await #expect(throws: RedisError.self) { try await cutOff.discard(job) }
                #expect(try await stage.dead().count == 1)
                let counts = "select count(*) || '/' || count(removed_at) from archived_jobs"
                #expect(try await sql(counts).contains("1/0"))
                #expect(try await sql("select detail->>'cut_off' from audit_log").contains("true"))

                let archive = JobArchive(keys: stage.keys, redis: stage.redis, database: database, origin: "cli:ana")
                let outcome = try await archive.run(DeadLetterFilter(), purpose: .archive, limit: nil)
                #expect(outcome == JobArchive.Outcome(archived: 1, gone: 0))
                #expect(try await stage.dead().isEmpty)
                #expect(try await sql(counts).contains("1/1"))
            }
        }
    }

    @Test func oneArchiverAtATimeWorksOnAQueue() async throws {
        try await Self.run { stage, archive, sql in
            try await stage.bury(QueueStage.job("a"))
            let name = try await sql("select current_database()").split(whereSeparator: \.isWhitespace).joined()
            try await QueueStage.holdingArchiveLock(of: .inbound, in: name) {
                await #expect(throws: AdministrationError.self) {
                    try await archive.run(DeadLetterFilter(), purpose: .archive, limit: nil)
                }
            }
            #expect(try await stage.dead().count == 1)
            #expect(try await archive.run(DeadLetterFilter(), purpose: .archive, limit: nil).archived == 1)
        }
    }

    @Test func aDiscardedJobIsInTheTableAndNowhereElse() async throws {
        try await Self.run { stage, archive, sql in
            try await stage.push(QueueStage.job("waiting"))
            try await stage.push(QueueStage.job("other"))
            try await stage.schedule(QueueStage.job("later"), in: 60_000)
            for id in ["waiting", "later"] {
                let job = try #require(try await stage.inspector.find(id))
                #expect(try await archive.discard(job) == JobArchive.Outcome(archived: 1, gone: 0))
                #expect(try await stage.inspector.find(id) == nil)
            }
            #expect(try await stage.ready().map(\.id) == ["other"])
            #expect(
                try await sql("select string_agg(job_id || ' ' || place, ', ' order by id) from archived_jobs")
                    .contains("waiting ready, later scheduled"))
            #expect(try await sql("select count(*) from audit_log where action = 'queue.discard'").contains("2"))
        }
    }

    @Test func aJobThatWentElsewhereMeanwhileIsNotCountedAsArchived() async throws {
        try await Self.run { stage, archive, sql in
            try await stage.bury(QueueStage.job("a"))
            let seen = try #require(try await stage.dead().first)
            try await stage.replay.retry(seen)
            #expect(try await archive.discard(seen) == JobArchive.Outcome(archived: 0, gone: 1))
            #expect(try await sql("select count(*) from archived_jobs").contains("0"))
            #expect(try await stage.ready().count == 1)
        }
    }

    @Test func aJobInAWorkersHandsIsNotDiscarded() async throws {
        try await Self.run { stage, archive, _ in
            try await stage.hold([QueueStage.job("held")], worker: "w", in: stage.keys.workers)
            let job = try #require(try await stage.inspector.find("held"))
            await #expect(throws: AdministrationError.self) { try await archive.discard(job) }
        }
    }
}
