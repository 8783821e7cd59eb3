internal import Identifiers
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
    /// What takes the job's place where it is moved or deferred; nil keeps it as it is. Its count of crashes never falls
    /// below the job's own: what has brought down its workers stays a suspect wherever it goes.
    public var replacement: JobElement?
    /// Only of a moved job: whether it goes to the head of its lane, because it had its turn before.
    public var first: Bool

    public init(
        _ outcome: JobOutcome, _ failure: JobFailure? = nil, replacement: JobElement? = nil, first: Bool = false
    ) {
        self.outcome = outcome
        self.failure = failure
        self.replacement = replacement
        self.first = first
    }

    public static let completed = JobResult(.completed)

    /// Not its turn yet: due again after so many milliseconds, no attempt spent.
    public static func deferred(milliseconds: Int64, as replacement: JobElement? = nil) -> JobResult {
        JobResult(.deferred(until: UnixClock.milliseconds() + max(0, milliseconds)), replacement: replacement)
    }

    /// It goes to a lane, in one step with its removal here.
    public static func moved(to lane: String, as replacement: JobElement? = nil, first: Bool = false) -> JobResult {
        JobResult(.moved(to: lane), replacement: replacement, first: first)
    }
}

/// Something that every job needs is away: no job's fault.
public struct JobOutage: Error, Sendable, CustomStringConvertible {
    /// What is away and how that shows, for the log.
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
