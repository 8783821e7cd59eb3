import Conversations
import GraphSimulator
import JobEngine
import JobLifecycle
import JobQueue
import MediaFiles
import Postgres
import RedisClient
import TestSupport
import Testing

@testable import Media

/// What is found in the database, whatever was lost on the way.
@Suite struct MediaSweepTests {
    static let photo = SimulatedFile(SamplePhoto.png(), phoneNumberID: "100")

    @Test("a file gets one turn, another one when that was lost, and none while it is fetched")
    func turns() async throws {
        try await MediaHarness.run { media in
            _ = try await media.receive(Self.photo)
            await media.sweeper.sweep()
            await media.sweeper.sweep()
            #expect(try await media.ready() == 1)
            _ = try await media.sql("update whatsapp_media set turn_at = now() - interval '3 minutes'")
            await media.sweeper.sweep()
            #expect(try await media.ready() == 2)
            _ = try await media.sql(
                "update whatsapp_media set turn_at = null, job_id = 'x', busy_until = now() + interval '1 minute'")
            await media.sweeper.sweep()
            #expect(try await media.ready() == 2)
        }
    }

    @Test("no turn is given while the queue is paused")
    func paused() async throws {
        try await MediaHarness.run { media in
            _ = try await media.receive(Self.photo)
            _ = try await media.redis.send(RedisCommand("SET", .text(media.keys.paused), "{}"))
            await media.sweeper.sweep()
            #expect(try await media.ready() == 0)
        }
    }

    @Test("a message that an older Worker stored gets its file, too; one whose number nobody sets up is given up")
    func adoption() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            _ = try await media.sql("delete from whatsapp_media")
            await media.sweeper.lookAround()
            #expect(try await media.row(message) == "pending||0")
            _ = try await media.sql("update whatsapp_media set expires_at = now() - interval '1 second'")
            await media.sweeper.lookAround()
            #expect(try await media.row(message) == "failed|expired|0")
        }
    }

    @Test("an erased customer's files go, also one that is being fetched just then")
    func erasure() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            _ = try await media.work(message)
            let late = SimulatedFile(SamplePhoto.png(shade: 9), phoneNumberID: "100")
            let second = try await media.receive(late)
            media.simulator.strike(.slow(milliseconds: 500), file: late.id)
            let fetching = Task { try await media.work(second) }
            try await waitUntil("the download to begin") { media.simulator.downloads(ofFile: late.id) == 1 }
            try await media.pool.withTransaction { session in
                var outcome = ErasureOutcome()
                _ = try CustomerErasure(tenant: 1, subject: .phone("16505551234"))
                    .finish(also: [], &outcome, in: session)
            }
            #expect(try await media.sql("select count(*) from whatsapp_media") == "0")
            #expect(try await media.sql("select count(*) from whatsapp_media_removals") == "2")
            await media.sweeper.sweep()
            #expect(try await media.stored(message) == nil)
            _ = try? await fetching.value
            #expect(try await media.stored(second) == nil)
            #expect(try media.begun.isEmpty)
            // Once more later, then nothing is left of it at all.
            _ = try await media.sql("update whatsapp_media_removals set removed_at = now() - interval '2 hours'")
            await media.sweeper.sweep()
            #expect(try await media.sql("select count(*) from whatsapp_media_removals") == "0")
        }
    }

    @Test("what retention removes takes its files along")
    func retention() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            _ = try await media.work(message)
            _ = try await media.sql(
                "update whatsapp_messages set sent_at = now() - interval '9 days', created_at = now() - interval '9 days'"
            )
            _ = try await media.sql("update tenants set retention_days = 8")
            try await media.pool.withTransaction { session in
                let rules = try Retention.rules(days: nil, in: session)
                for rule in rules {
                    var progress = Retention.Progress()
                    while !progress.isDone { _ = try Retention().advance(&progress, rule, in: session) }
                }
            }
            #expect(try await media.sql("select count(*) from whatsapp_messages") == "0")
            await media.sweeper.sweep()
            #expect(try await media.stored(message) == nil)
        }
    }

    @Test("what a killed worker had begun to write is removed once nobody writes it any more")
    func abandoned() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            let name = try #require(MediaTurn(try media.turn(message))?.name)
            let upload = try await media.storage.create(name)
            #expect(try media.begun.count == 1)
            try await media.storage.removeAbandoned(olderThanSeconds: 3_600)
            #expect(try media.begun.count == 1)
            try await media.storage.removeAbandoned(olderThanSeconds: -1)
            #expect(try media.begun.isEmpty)
            await upload.abandon()
        }
    }

    @Test("a job that keeps bringing its workers down is given up")
    func crashes() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            for lost in 0..<3 {
                _ = try await media.sql(
                    "update whatsapp_media set job_id = 'lost-\(lost)', busy_until = now() - interval '1 second', "
                        + "lost = \(lost)")
                if lost < 2 { continue }
                #expect(try await media.work(message) == .rejected)
            }
            #expect(try await media.row(message) == "failed|crashed|1")
        }
    }
}

extension MediaHarness {
    /// Turns that wait in Redis.
    func ready() async throws -> Int64 {
        try await redis.send(RedisCommand("LLEN", .text(keys.ready))).integer ?? -1
    }
}
