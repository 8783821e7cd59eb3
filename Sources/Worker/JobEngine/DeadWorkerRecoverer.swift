internal import JobLifecycle
internal import JobQueue
internal import Logging
internal import RedisClient

/// Finds workers whose lease has run out and puts their jobs back at the head of the line. Runs on every live worker,
/// behind a short lock, and knows owners by name: it never scans the key space.
struct DeadWorkerRecoverer: Sendable {
    /// Jobs put back in one step, so that Redis answers others in between.
    private static let step = 100
    /// How long a departed worker's list stays under watch: far longer than any blocked command lives.
    private static let watch: Duration = .seconds(3_600)

    let worker: WorkerIdentity
    let store: JobStore
    let settings: ConsumerConfiguration
    let lease: LeaseKeeper
    let metrics: JobMetrics
    let logger: Logger

    func run(until ending: StopSignal) async {
        while await ending.sleep(settings.recovery * Double.random(in: 0.8...1.2)) {
            do throws(RedisError) {
                guard
                    let departed = try await store.departed(
                        asking: worker, lease: settings.lease.milliseconds,
                        lock: settings.recovery.milliseconds * 3 / 4, lastBeat: lease.steadyBeat,
                        watch: Self.watch.milliseconds)
                else { continue }
                for other in departed { try await recover(from: other, until: ending) }
            } catch {
                logger.warning("looking for dead workers failed", metadata: ["error": "\(error)"])
            }
        }
    }

    /// What Redis refuses to do for one departed worker, as where its key holds another type, keeps nobody else's jobs.
    private func recover(from other: WorkerIdentity, until ending: StopSignal) async throws(RedisError) {
        var (putBack, buried) = (0, 0)
        do throws(RedisError) {
            while !ending.isGiven {
                let step = try await store.recover(
                    from: other, limit: Self.step, crashLimit: JobLifecycle.crashLimit)
                putBack += step.putBack
                buried += step.buried
                if step.left == 0 || step.putBack + step.buried == 0 { break }
            }
        } catch {
            guard case .server = error.code else { throw error }
            logger.error(
                "the jobs of a dead worker cannot be recovered",
                metadata: ["dead_worker": "\(other)", "error": "\(error)"])
        }
        guard putBack + buried > 0 else { return }
        metrics.recovered(putBack: putBack, buried: buried)
        logger.warning(
            "recovered the jobs of a dead worker",
            metadata: ["dead_worker": "\(other)", "put_back": "\(putBack)", "buried": "\(buried)"])
    }
}
