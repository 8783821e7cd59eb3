public import JobQueue
public import Logging
public import NIOCore
public import RedisClient

/// Where a worker's jobs come from: moves them, in one atomic step, into the worker's own claimed list. All else (lease,
/// recovery, audit, settlement, drain) is the engine's and the same for every source.
///
/// `next`, `ownList` and `ownListLength` are never called at the same time.
public protocol JobSource: Sendable {
    /// When the connection that claims last heard from Redis.
    var lastRoundTrip: ContinuousClock.Instant? { get }

    /// Whether jobs come from the waiting list alone, so that a settlement may claim the next one in the same step.
    var takesFromReady: Bool { get }

    /// Takes up to a batch of jobs; waits for some if there are none, at most about a second.
    /// - Parameter busy: whether the worker has other jobs in work, so that no suspect may begin.
    func next(busy: Bool) async throws(RedisError) -> JobClaim

    /// The worker's own claimed list, newest first, as the connection that fills it sees it.
    func ownList() async throws(RedisError) -> [ByteBuffer]

    func ownListLength() async throws(RedisError) -> Int

    /// Where a job goes that the worker hands back, untouched, because it stops: to the head of that line.
    func home(of job: ByteBuffer) -> JobStore.Target

    /// Takes nothing any more; a claim that waits fails at once.
    func close()
}

extension JobSource {
    public var takesFromReady: Bool { false }

    public func home(of job: ByteBuffer) -> JobStore.Target { .ready }
}

/// What a source is made of: one for each id under which a worker lives.
public struct JobSourceContext: Sendable {
    public var keys: QueueKeys
    public var worker: WorkerIdentity
    public var settings: ConsumerConfiguration
    /// The connection on which the source claims, and nothing else.
    public var connection: ClaimConnection
    public var logger: Logger
}

/// Makes the source of one session.
public typealias JobSourceFactory = @Sendable (JobSourceContext) -> any JobSource
