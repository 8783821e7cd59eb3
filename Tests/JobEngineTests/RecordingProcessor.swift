import JobEngine
import JobQueue
import NIOCore
import Synchronization
import TestSupport

/// Does as it is told for each job and keeps what it saw.
final class RecordingProcessor: BatchProcessor {
    typealias Body = @Sendable ([JobElement]) async throws -> [JobResult]

    struct Record: Sendable {
        var batches: [[JobHeader]] = []
        var inWork = 0
        var mostInWork = 0
        var cancelled = 0
        /// Ids that were in work while a job with crashes was.
        var besideSuspect: Set<String> = []
        var suspectInWork: String?
    }

    private let body: Body
    private let state = Mutex(Record())

    init(_ body: @escaping Body = { $0.map { _ in .completed } }) {
        self.body = body
    }

    /// Every job completes, after work that takes this long.
    convenience init(taking duration: Duration) {
        self.init { jobs in
            let began = ContinuousClock.now
            try await waitUntil("the work to be done", poll: .milliseconds(1)) { began.duration(to: .now) >= duration }
            return jobs.map { _ in .completed }
        }
    }

    var record: Record { state.withLock { $0 } }
    var ids: [String] { record.batches.flatMap { $0 }.map(\.id) }

    func process(_ jobs: [JobElement]) async throws -> [JobResult] {
        state.withLock { state in
            state.batches.append(jobs.map(\.header))
            state.inWork += 1
            state.mostInWork = max(state.mostInWork, state.inWork)
            if let suspect = state.suspectInWork {
                state.besideSuspect.formUnion(jobs.map(\.header.id) + [suspect])
            }
            if let suspect = jobs.first(where: { $0.header.crashes > 0 }) {
                if state.inWork > 1 || jobs.count > 1 { state.besideSuspect.insert(suspect.header.id) }
                state.suspectInWork = suspect.header.id
            }
        }
        defer {
            state.withLock { state in
                state.inWork -= 1
                if jobs.contains(where: { $0.header.id == state.suspectInWork }) { state.suspectInWork = nil }
                if Task.isCancelled { state.cancelled += 1 }
            }
        }
        return try await body(jobs)
    }
}

/// Holds whoever waits at it until it is opened; a cancelled task passes with an error.
final class Gate: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    func passed() async throws {
        try await waitUntil("the gate to open", within: .seconds(30), poll: .milliseconds(5)) {
            isOpen.withLock { $0 }
        }
    }
}
