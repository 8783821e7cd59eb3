internal import JobQueue
internal import Logging
internal import NIOCore
internal import RedisClient

/// Settles until Redis has answered: an outcome is never forgotten in a `catch`.
struct JobSettler: Sendable {
    /// Jobs and bytes of one call, so that Redis answers others in between.
    private static let jobsPerCall = 250
    private static let bytesPerCall = 2 * 1_024 * 1_024

    let worker: WorkerIdentity
    let store: JobStore
    let ending: StopSignal
    /// How long after the order to end an answer is still waited for. Jobs without one are then left to the recovery.
    let patience: Duration
    let metrics: JobMetrics
    let logger: Logger

    func settle(_ settlements: [JobStore.Settlement]) async {
        var rest = settlements[...]
        while !rest.isEmpty {
            var bytes = 0
            let call = rest.prefix { settlement in
                defer { bytes += settlement.bytes.readableBytes }
                return bytes < Self.bytesPerCall
            }.prefix(Self.jobsPerCall)
            rest = rest.dropFirst(call.count)
            await settleOnce(Array(call))
        }
    }

    private func settleOnce(_ settlements: [JobStore.Settlement]) async {
        var failures = 0
        var repeated = false
        while true {
            do throws(RedisError) {
                let stale = try await store.settle(settlements, worker: worker)
                // After a lost reply the first call may have done the work; what it did looks stale to the second.
                if !stale.isEmpty, !repeated {
                    metrics.stale(stale.count)
                    logger.warning(
                        "settled jobs that this worker no longer owned; nothing was changed",
                        metadata: ["jobs": "\(stale.count)"])
                }
                return
            } catch {
                failures += 1
                repeated = repeated || error.mayHaveExecuted
                logger.warning(
                    "settling failed, trying again",
                    metadata: ["error": "\(error)", "jobs": "\(settlements.count)", "failures": "\(failures)"])
                if let ended = ending.givenAt, ended.duration(to: .now) > patience {
                    logger.error(
                        "gave up settling; the jobs will run again", metadata: ["jobs": "\(settlements.count)"])
                    return
                }
                try? await Task.sleep(for: .milliseconds(min(1_000, 50 << min(failures, 5))))
            }
        }
    }
}
