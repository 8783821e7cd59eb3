import JobLifecycle
import JobQueue
import NIOCore
import RedisClient
import Synchronization
import TestSupport
import Testing

@testable import JobEngine

@Suite(.timeLimit(.minutes(1))) struct ConsumerOutcomeTests {
    private struct Bug: Error {}

    @Test("jobs are done once each, and nothing of them is left")
    func completes() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor()
            let running = RunningConsumer(queue, processor)
            try await queue.push((0..<100).map { QueueFixture.element("\($0)") })
            try await waitUntil("all jobs to be done") { running.jobs("completed") == 100 }
            await running.stop()
            #expect(processor.ids.sorted() == (0..<100).map { "\($0)" }.sorted())
            #expect(processor.record.batches.allSatisfy { $0.count <= 10 })
            #expect(try await queue.isEmpty())
            #expect(running.stale == 0)
        }
    }

    @Test("a failed job runs again with one more attempt and its error, until its attempts are spent")
    func retries() async throws {
        try await QueueFixture.run { queue in
            let failure = JobFailure(code: "flaky", text: "It did not work.")
            let processor = RecordingProcessor { $0.map { _ in JobResult(.failed(retryAfter: nil), failure) } }
            let running = RunningConsumer(queue, processor, attempts: 3)
            try await queue.push("a")
            try await waitUntil("the job to be buried") { running.jobs("buried") == 1 }
            await running.stop()
            #expect(processor.record.batches.flatMap { $0 }.map(\.attempt) == [0, 1, 2])
            #expect(processor.record.batches.flatMap { $0 }.map(\.error) == [nil, failure, failure])
            let dead = try await queue.scored(queue.keys.dead).map { try JobElement($0) }
            #expect(dead.map(\.header.error) == [failure])
            #expect(try await queue.isEmpty())
        }
    }

    @Test("each job of a batch goes its own way")
    func mixed() async throws {
        try await QueueFixture.run { queue in
            let later = try await queue.now() + 60_000
            let processor = RecordingProcessor { jobs in
                jobs.map { job in
                    switch job.header.id {
                    case "rejected": JobResult(.rejected, JobFailure(code: "no", text: "Never."))
                    case "deferred": JobResult(.deferred(until: later))
                    case _: .completed
                    }
                }
            }
            try await queue.push("good", "rejected", "deferred", "good too")
            let running = RunningConsumer(queue, processor)
            try await waitUntil("all to be settled") {
                running.jobs("completed") == 2 && running.jobs("buried") == 1 && running.jobs("deferred") == 1
            }
            await running.stop()
            #expect(try await queue.scored(queue.keys.scheduled) == [QueueFixture.element("deferred")])
            #expect(try await queue.scored(queue.keys.dead).map { try QueueFixture.header($0).error?.code } == ["no"])
        }
    }

    @Test("an outage holds the batch and costs no attempt")
    func outage() async throws {
        try await QueueFixture.run { queue in
            let calls = Mutex(0)
            let processor = RecordingProcessor { jobs in
                let call = calls.withLock { calls in
                    calls += 1
                    return calls
                }
                if call <= 3 { throw JobOutage("the database is away") }
                return jobs.map { _ in .completed }
            }
            try await queue.push("a", "b")
            let running = RunningConsumer(queue, processor)
            try await waitUntil("the jobs to be done") { running.jobs("completed") == 2 }
            await running.stop()
            #expect(processor.record.batches.flatMap { $0 }.allSatisfy { $0.attempt == 0 && $0.crashes == 0 })
            #expect(running.jobs("retried") == 0)
        }
    }

    @Test("an error that names no job fails only the job that throws by itself")
    func unexpectedError() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor { jobs in
                if jobs.contains(where: { $0.header.id == "bad" }) { throw Bug() }
                return jobs.map { _ in .completed }
            }
            try await queue.push("good", "bad", "good too")
            let running = RunningConsumer(queue, processor, attempts: 1)
            try await waitUntil("all to be settled") {
                running.jobs("completed") == 2 && running.jobs("buried") == 1
            }
            await running.stop()
            let dead = try await queue.scored(queue.keys.dead).map { try QueueFixture.header($0) }
            #expect(dead.map(\.id) == ["bad"])
            #expect(dead.first?.error?.code == "processor-error")
        }
    }

    @Test("a processor that answers for too few or too many jobs is asked for each by itself")
    func miscounted() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor { jobs in
                if jobs[0].header.id == "bad" { return [] }
                return jobs.count == 1 ? [.completed] : [.completed] + jobs.map { _ in .completed }
            }
            try await queue.push("good", "good too", "bad")
            let running = RunningConsumer(queue, processor, attempts: 1)
            try await waitUntil("all to be settled") {
                running.jobs("completed") == 2 && running.jobs("buried") == 1
            }
            await running.stop()
            #expect(try await queue.scored(queue.keys.dead).map { try QueueFixture.header($0).id } == ["bad"])
        }
    }

    @Test("an element without a readable header is buried whole, in base64")
    func unreadable() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor()
            try await queue.push([ByteBuffer(bytes: [0xFF, 0x00, 0x41]), QueueFixture.element("good")])
            let running = RunningConsumer(queue, processor)
            try await waitUntil("both to be settled") {
                running.jobs("unreadable", type: "unreadable") == 1 && running.jobs("completed") == 1
            }
            await running.stop()
            let dead = try JobElement(try #require(await queue.scored(queue.keys.dead).first))
            #expect(dead.header.type == "unreadable")
            #expect(String(buffer: dead.payload) == #""/wBB""#)
            #expect(running.stale == 0)
        }
    }

    @Test("a job of an unknown version is put off byte for byte and reported")
    func unknownVersion() async throws {
        try await QueueFixture.run { queue in
            let newer = ByteBuffer(
                string: #"{"v":2,"id":"n","type":"webhook","received_at":1,"x":{"y":[1]},"payload":{}}"#)
            try await queue.push([newer])
            let processor = RecordingProcessor()
            let running = RunningConsumer(queue, processor)
            try await waitUntil("it to be reported") { running.jobs("unknown_version") == 1 }
            await running.stop()
            #expect(try await queue.scored(queue.keys.scheduled) == [newer])
            #expect(processor.ids.isEmpty)
        }
    }

    @Test("a suspect is worked on with nothing beside it")
    func suspectsAlone() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor(taking: .milliseconds(30))
            try await queue.push(
                (0..<120).map { QueueFixture.element("\($0)", crashes: $0 % 20 == 7 || $0 % 20 == 8 ? 1 : 0) })
            let running = RunningConsumer(queue, processor) { $0.consumers = 4 }
            try await waitUntil("all to be done", within: .seconds(30)) { running.jobs("completed") == 120 }
            await running.stop()
            #expect(processor.record.besideSuspect.isEmpty)
            #expect(processor.record.mostInWork > 1)
        }
    }

    @Test("a pause is seen at once, and so is its end")
    func pause() async throws {
        try await QueueFixture.run { queue in
            let processor = RecordingProcessor()
            let running = RunningConsumer(queue, processor)
            try await queue.push("before")
            try await waitUntil("the first to be done") { running.jobs("completed") == 1 }
            try await queue.redis("SET", .text(queue.keys.paused), "because")
            // A claim that was blocking already may still take one job; its end is the end of its wait.
            try await waitUntil("a pushed job to stay where it is", within: .seconds(15)) {
                let before = running.jobs("completed")
                try await queue.push("probe")
                let taken: Void? = try? await waitUntil("it to be taken", within: .milliseconds(300)) {
                    running.jobs("completed") > before
                }
                return taken == nil
            }
            let resumed = ContinuousClock.now
            try await queue.redis("DEL", .text(queue.keys.paused))
            try await waitUntil("the rest to be done") { try await queue.isEmpty() }
            #expect(resumed.duration(to: .now) < .seconds(5))
            await running.stop()
        }
    }
}
