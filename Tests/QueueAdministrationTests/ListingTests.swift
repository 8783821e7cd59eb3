import JobEngine
import JobQueue
import NIOCore
import TestSupport
import Testing

@testable import QueueAdministration

/// Lists that are longer than a page.
struct ListingTests {
    /// All pages of a place, one after the other, and how many there were.
    private func pages(
        _ stage: QueueStage, _ state: PeekedState, error: String? = nil, limit: Int
    ) async throws -> (ids: [String], count: Int) {
        var (ids, count) = ([String](), 0)
        var cursor: JobCursor?
        repeat {
            let page = try await stage.inspector.list(state, error: error, after: cursor, limit: limit)
            #expect(page.jobs.count <= limit)
            ids += page.jobs.compactMap(\.id)
            count += 1
            // As it goes through an address.
            cursor = try page.next.map { try #require(JobCursor($0.text)) }
        } while cursor != nil && count < 100
        return (ids, count)
    }

    @Test func waitingJobsAreTurnedPageByPage() async throws {
        try await QueueStage.run { stage in
            let all = (1...25).map { "r\($0)" }
            for id in all { try await stage.push(QueueStage.job(id)) }
            let (ids, count) = try await pages(stage, .ready, limit: 10)
            #expect(ids == all)
            #expect(count == 3)
            #expect(try await pages(stage, .ready, limit: 25).count == 1)
        }
    }

    @Test func jobsInHandAreListedWorkerByWorker() async throws {
        try await QueueStage.run { stage in
            try await stage.hold((1...7).map { QueueStage.job("b\($0)") }, worker: "w2", in: stage.keys.workers)
            try await stage.hold((1...7).map { QueueStage.job("a\($0)") }, worker: "w1", in: stage.keys.departed)
            let (ids, _) = try await pages(stage, .claimed, limit: 5)
            #expect(ids == (1...7).map { "a\($0)" } + (1...7).map { "b\($0)" })
            let second = try await stage.inspector.list(.claimed, after: .position(5), limit: 5)
            #expect(
                second.jobs.map(\.place) == Array(repeating: .claimed(worker: "w1"), count: 2)
                    + Array(repeating: .claimed(worker: "w2"), count: 3))
        }
    }

    @Test func jobsOfTheSameMomentAreNeitherSkippedNorShownTwice() async throws {
        try await QueueStage.run { stage in
            let now = try await stage.now()
            let all = (10...40).map { "d\($0)" }
            for id in all { try await stage.bury(QueueStage.job(id), at: now - 5_000) }
            for id in ["e1", "e2"] { try await stage.bury(QueueStage.job(id), at: now - 4_000) }
            let (ids, count) = try await pages(stage, .dead, limit: 10)
            #expect(ids == all + ["e1", "e2"])
            #expect(count == 4)
            // What was on an earlier page may go meanwhile.
            let first = try await stage.inspector.list(.dead, limit: 31)
            for job in first.jobs.prefix(30) { try await stage.remove(job, from: stage.keys.dead) }
            let rest = try await stage.inspector.list(.dead, after: .score("\(now - 4_000)", skip: 0), limit: 10)
            #expect(rest.jobs.map(\.id) == ["e1", "e2"])
            #expect(rest.next == nil)
        }
    }

    @Test func deadJobsOfOneErrorAreFoundAmongManyOthers() async throws {
        try await QueueStage.run { stage in
            let now = try await stage.now()
            for number in 1...3_000 {
                let error = number % 1_000 == 7 ? #"ra"re\"# : "common"
                try await stage.bury(QueueStage.job("d\(number)", error: error), at: now - 50_000 + Int64(number))
            }
            let (ids, count) = try await pages(stage, .dead, error: #"ra"re\"#, limit: 2)
            #expect(ids == ["d7", "d1007", "d2007"])
            #expect(count == 2)
            #expect(try await stage.inspector.list(.dead, error: "rare", limit: 2).jobs.isEmpty)
            let first = try await stage.inspector.list(.dead, error: #"ra"re\"#, limit: 2)
            let rest = try await stage.inspector.deadLetterSummary(after: first.next)
            #expect(rest.count(of: #"ra"re\"#) == 1)
        }
    }

    @Test func aPageOfARareErrorEndsAfterTenThousandJobsAndTheNextOneGoesOn() async throws {
        try await QueueStage.run { stage in
            let now = try await stage.now()
            for number in 1...10_050 {
                let error = number == 10_040 ? "rare" : "common"
                try await stage.bury(QueueStage.job("d\(number)", error: error), at: now - 50_000 + Int64(number))
            }
            let first = try await stage.inspector.list(.dead, error: "rare", limit: 5)
            #expect(first.jobs.isEmpty)
            let next = try #require(first.next)
            let second = try await stage.inspector.list(.dead, error: "rare", after: next, limit: 5)
            #expect(second.jobs.map(\.id) == ["d10040"])
            #expect(second.next == nil)
        }
    }

    @Test func deadJobsAreGroupedByWhatTheyDiedOf() async throws {
        try await QueueStage.run { stage in
            let now = try await stage.now()
            // What a payload holds is not the job's error.
            let trap = #"{"a":1,"error":{"code":"trap","text":"?"},"payload":{}}"#
            for number in 1...2_500 {
                let job = QueueStage.job("d\(number)", error: number % 2 == 0 ? "even" : "odd", payload: trap)
                try await stage.bury(job, at: now - 50_000 + Int64(number))
            }
            try await stage.bury(QueueStage.job("none", error: nil), at: now)
            try await stage.bury(ByteBuffer(string: "no job at all"), at: now)
            let summary = try await stage.inspector.deadLetterSummary()
            #expect(summary.isWhole)
            #expect(summary.groups.map(\.code) == ["even", "odd", ""])
            #expect(summary.groups.map(\.count) == [1_250, 1_250, 2])
            #expect(summary.groups[0].newestAt == now - 50_000 + 2_500)
            #expect(summary.groups[0].example == "It does not parse.")
            #expect(try await !stage.inspector.deadLetterSummary(limit: 1_000).isWhole)
        }
    }

    @Test(arguments: ["", "-1", "x", "1~2~3", "nan~1", "(5~1", "1~", "~"])
    func whatIsNoCursorOfOursIsRefused(text: String) {
        #expect(JobCursor(text) == nil)
    }
}
