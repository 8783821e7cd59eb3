internal import JobQueue
internal import Logging
internal import NIOCore
internal import RedisClient

/// Settles until Redis has answered: an outcome is never forgotten in a `catch`.
struct JobSettler: Sendable {
    /// A job's settlement, and what it counts as once Redis has answered.
    struct Verdict: Sendable {
        var key: ClaimedJob.Key
        var type: String
        var outcome: JobMetrics.Outcome
        var settlement: JobStore.Settlement
    }

    /// Jobs and bytes of one call, so that Redis answers others in between.
    private static let jobsPerCall = 250
    private static let bytesPerCall = 2 * 1_024 * 1_024

    let worker: WorkerIdentity
    let store: JobStore
    let inHand: JobsInHand
    let ending: StopSignal
    /// How long after the order to end an answer is still waited for. Jobs without one are then left to the recovery.
    let patience: Duration
    let metrics: JobMetrics
    let logger: Logger

    /// Settles jobs, given oldest first. They leave the hand as they are answered.
    func settle(_ verdicts: [Verdict]) async {
        let stays = verdicts.filter { !$0.settlement.target.isHead }
        for call in Self.calls(stays) { await settleOnce(call) }
        // What goes back to the head of a line goes last call first, so that it stands there in its old order.
        let returns = verdicts.filter(\.settlement.target.isHead)
        for call in Self.calls(returns).reversed() { await settleOnce(call) }
    }

    /// Settles the only job in hand and claims what is next in the same step.
    func settle(_ verdict: Verdict, claiming batch: Int, bytes: Int) async -> RelayedClaim {
        var claimed: [ByteBuffer] = []
        let atOnce = await answered([verdict]) { () async throws(RedisError) -> [Int] in
            let (isStale, claim) = try await store.relay(
                verdict.settlement, worker: worker, batch: batch, bytes: bytes)
            if case .jobs(let jobs) = claim { claimed = jobs }
            return isStale ? [0] : []
        }
        return atOnce || !claimed.isEmpty ? .jobs(claimed) : .unheard
    }

    private static func calls(_ verdicts: [Verdict]) -> [[Verdict]] {
        var calls: [[Verdict]] = []
        var bytes = 0
        for verdict in verdicts {
            if let last = calls.last, last.count < jobsPerCall, bytes < bytesPerCall {
                calls[calls.count - 1].append(verdict)
            } else {
                calls.append([verdict])
                bytes = 0
            }
            bytes += verdict.settlement.bytes.readableBytes
        }
        return calls
    }

    private func settleOnce(_ verdicts: [Verdict]) async {
        await answered(verdicts) { () async throws(RedisError) -> [Int] in
            try await store.settle(verdicts.map(\.settlement), worker: worker)
        }
    }

    /// Makes `call`, which answers the positions of stale jobs, until Redis has answered.
    /// - Returns: whether no reply was lost on the way.
    @discardableResult
    private func answered(_ verdicts: [Verdict], _ call: () async throws(RedisError) -> [Int]) async -> Bool {
        var failures = 0
        var repeated = false
        while true {
            do throws(RedisError) {
                let stale = try await call()
                count(verdicts, stale: stale, repeated: repeated)
                inHand.drop(verdicts.map(\.key))
                return !repeated
            } catch {
                failures += 1
                repeated = repeated || error.mayHaveExecuted
                logger.warning(
                    "settling failed, trying again",
                    metadata: ["error": "\(error)", "jobs": "\(verdicts.count)", "failures": "\(failures)"])
                if let ended = ending.givenAt, ended.duration(to: .now) > patience {
                    logger.error(
                        "gave up settling; the jobs will run again", metadata: ["jobs": "\(verdicts.count)"])
                    return !repeated
                }
                try? await Task.sleep(for: .milliseconds(min(1_000, 50 << min(failures, 5))))
            }
        }
    }

    /// After a lost reply the first call may have done the work; what it did looks stale to the second, and is not.
    private func count(_ verdicts: [Verdict], stale: [Int], repeated: Bool) {
        let ignored = repeated ? [] : Set(stale)
        for (position, verdict) in verdicts.enumerated() where !ignored.contains(position) {
            metrics.settled(type: verdict.type, verdict.outcome)
        }
        guard !ignored.isEmpty else { return }
        metrics.stale(ignored.count)
        logger.warning(
            "settled jobs that this worker no longer owned; nothing was changed", metadata: ["jobs": "\(ignored.count)"]
        )
    }
}
