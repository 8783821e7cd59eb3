internal import JobEngine
internal import Logging
internal import NIOCore
internal import RedisClient
internal import SendPolicy
internal import Synchronization

/// Keeps this process from claiming turns while it cannot reach Meta; see `Reachability`. Other workers, which perhaps
/// can, take them meanwhile.
final class GraphReach: Sendable {
    private let state = Mutex(Reachability())
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// Whether a batch may be claimed now.
    var mayClaim: Bool {
        var random = SystemRandomNumberGenerator()
        return state.withLock { $0.mayClaim(now: .now, using: &random) }
    }

    /// Whether a send may go whose beginning was committed then.
    func maySend(begun: ContinuousClock.Instant) -> Bool { state.withLock { $0.maySend(begun: begun) } }

    /// A send could not be handed over.
    func lost(begun: ContinuousClock.Instant, why: String) {
        var random = SystemRandomNumberGenerator()
        guard let pause = state.withLock({ $0.lost(begun: begun, now: .now, using: &random) }) else { return }
        logger.warning(
            "WhatsApp cannot be reached: sending waits",
            metadata: ["error": "\(why)", "milliseconds": "\(pause.wholeMilliseconds)"])
    }

    /// Something answered.
    func found() {
        if state.withLock({ $0.found() }) { logger.notice("WhatsApp can be reached again: sending goes on") }
    }

    /// Sources that take nothing while Meta cannot be reached.
    func guarding(_ factory: @escaping JobSourceFactory) -> JobSourceFactory {
        { context in GuardedSource(source: factory(context), reach: self) }
    }
}

/// A source behind a ``GraphReach``.
private struct GuardedSource: JobSource {
    let source: any JobSource
    let reach: GraphReach

    var lastRoundTrip: ContinuousClock.Instant? { source.lastRoundTrip }

    func next(busy: Bool) async throws(RedisError) -> JobClaim {
        if reach.mayClaim { return try await source.next(busy: busy) }
        // The worker is none the less ready: Redis is asked something all the same.
        _ = try await source.ownListLength()
        return .paused
    }

    func ownList() async throws(RedisError) -> [ByteBuffer] { try await source.ownList() }
    func ownListLength() async throws(RedisError) -> Int { try await source.ownListLength() }
    func home(of job: ByteBuffer) -> JobStore.Target { source.home(of: job) }
    func close() { source.close() }
}
