public import JobLifecycle
public import JobQueue

/// What does the work of a queue.
public protocol BatchProcessor: Sendable {
    /// Works on jobs that this worker has claimed and tells, for each in the same order, how it ended.
    ///
    /// It must be safe to work on the same job twice: a worker may die between the effect and its settlement.
    /// - Throws: `JobOutage` when something that every job needs is away; the jobs then stay in hand and the call is made
    ///   again later, at no cost to their attempts. `CancellationError` when the task was cancelled, because the worker
    ///   stops or lost its jobs. Any other error is taken for the fault of one job: each is then tried by itself, and the
    ///   one that throws again has failed.
    func process(_ jobs: [JobElement]) async throws -> [JobResult]
}

/// How one job ended, and why if it did not complete.
public struct JobResult: Sendable, Equatable {
    public var outcome: JobOutcome
    public var failure: JobFailure?

    public init(_ outcome: JobOutcome, _ failure: JobFailure? = nil) {
        self.outcome = outcome
        self.failure = failure
    }

    public static let completed = JobResult(.completed)
}

/// Something that every job needs is away: no job's fault.
public struct JobOutage: Error, Sendable, CustomStringConvertible {
    /// What is away and how that shows, for the log.
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
