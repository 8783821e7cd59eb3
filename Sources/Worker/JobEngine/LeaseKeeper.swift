internal import Logging
internal import RedisClient
internal import Synchronization

/// Renews a worker's lease and knows how long that has worked without a gap.
final class LeaseKeeper: Sendable {
    private struct State {
        var lost = false
        var steadiness: LeaseSteadiness
    }

    private static let retryPause: Duration = .milliseconds(200)

    private let worker: WorkerIdentity
    private let store: JobStore
    private let settings: ConsumerConfiguration
    private let logger: Logger
    private let state: Mutex<State>

    init(worker: WorkerIdentity, store: JobStore, settings: ConsumerConfiguration, logger: Logger) {
        self.worker = worker
        self.store = store
        self.settings = settings
        self.logger = logger
        state = Mutex(State(steadiness: LeaseSteadiness(lease: settings.lease)))
    }

    /// Whether this worker was declared dead.
    var isLost: Bool { state.withLock { $0.lost } }

    func lose() { state.withLock { $0.lost = true } }

    /// What the last heartbeat was answered (Redis' time in Unix milliseconds) if others may be declared dead now; else nil.
    var steadyBeat: Int64? { state.withLock { $0.steadiness.steadyBeat(at: .now) } }

    /// Registers the worker, however long Redis takes to answer. False if the order to end came first.
    func register(until ending: StopSignal) async -> Bool {
        var failures = 0
        while !ending.isGiven, !Task.isCancelled {
            do throws(RedisError) {
                if let now = try await store.register(worker) {
                    beaten(redisTime: now)
                    return true
                }
                // Told "used before": an earlier call was executed and its reply lost. The id is ours, and it lives.
                if failures > 0, let now = try await store.beat(worker) {
                    beaten(redisTime: now)
                    return true
                }
                return false
            } catch {
                failures += 1
                logger.warning("registering failed, trying again", metadata: ["error": "\(error)"])
                _ = await ending.sleep(.milliseconds(min(1_000, 100 << min(failures, 4))))
            }
        }
        return false
    }

    /// Renews until cancelled; ends the session if the worker was declared dead.
    ///
    /// It goes on while jobs drain after the order to stop, so that nobody takes them away meanwhile.
    func keep(ending: StopSignal) async {
        var pause = settings.heartbeat
        while !isLost {
            do { try await Task.sleep(for: pause) } catch { return }
            // After a failure soon again: a lease is only so long, and answers too far apart are a gap.
            pause = await beat(ending: ending) ? settings.heartbeat : min(settings.heartbeat, Self.retryPause)
        }
    }

    /// Whether it was answered.
    private func beat(ending: StopSignal) async -> Bool {
        do throws(RedisError) {
            if let now = try await store.beat(worker) {
                beaten(redisTime: now)
            } else {
                lose()
                ending.give()
            }
            return true
        } catch {
            if !Task.isCancelled {
                logger.warning("heartbeat failed", metadata: ["error": "\(error)"])
            }
            return false
        }
    }

    private func beaten(redisTime: Int64) {
        state.withLock { $0.steadiness.answered(redisTime: redisTime, at: .now) }
    }
}
