internal import JobLifecycle
internal import JobQueue
internal import Logging
internal import NIOCore
internal import OperationsKit
internal import RedisClient

/// One life of a worker under one id, from its registration until it stops or is declared dead.
final class ConsumerSession: Sendable {
    private let worker: WorkerIdentity
    private let store: JobStore
    private let settings: ConsumerConfiguration
    private let claimer: JobClaimer
    private let workbench: JobWorkbench
    private let lease: LeaseKeeper
    private let recoverer: DeadWorkerRecoverer
    private let promoter: DueJobPromoter
    private let inHand = JobsInHand()
    /// The process is to stop.
    private let stop: StopSignal
    /// This session ends: the process stops, or the worker was declared dead.
    private let ending = StopSignal()
    private let logger: Logger

    init(
        worker: WorkerIdentity, store: JobStore, settings: ConsumerConfiguration, redis: RedisConfiguration,
        eventLoop: any EventLoop, processor: any BatchProcessor, metrics: JobMetrics, stop: StopSignal, logger: Logger
    ) {
        var logger = logger
        logger[metadataKey: "worker"] = "\(worker)"
        self.logger = logger
        self.worker = worker
        self.store = store
        self.settings = settings
        self.stop = stop
        claimer = JobClaimer(
            keys: store.keys, worker: worker, settings: settings, redis: redis, eventLoop: eventLoop, logger: logger)
        workbench = JobWorkbench(
            worker: worker, store: store, settings: settings, processor: processor, inHand: inHand, ending: ending,
            metrics: metrics, logger: logger)
        lease = LeaseKeeper(worker: worker, store: store, settings: settings, logger: logger)
        recoverer = DeadWorkerRecoverer(
            worker: worker, store: store, settings: settings, lease: lease, metrics: metrics, logger: logger)
        promoter = DueJobPromoter(store: store, logger: logger)
    }

    /// When the consuming connection last heard from Redis.
    var lastRoundTrip: ContinuousClock.Instant? { claimer.lastRoundTrip }

    func run() async {
        let (ending, claimer) = (ending, claimer)
        // The blocked claim is broken off before anything else: from then on no job is taken.
        ending.onGiven { claimer.close() }
        stop.onGiven { ending.give() }
        guard await lease.register(until: ending) else { return }
        logger.info("worker registered")
        await withTaskGroup { group in
            group.addTask { await self.lease.keep(ending: ending) }
            group.addTask { await self.recoverer.run(until: ending) }
            group.addTask { await self.promoter.run(until: ending) }
            await consume()
            group.cancelAll()
        }
        if lease.isLost {
            logger.warning("this worker was declared dead; it comes back under a new id")
        } else {
            await leave()
        }
    }

    /// Works until the session ends, then gives what is in work until the drain's deadline, or no time at all if the
    /// worker was declared dead: its jobs run elsewhere by then.
    private func consume() async {
        await withTaskGroup { group in
            group.addTask { await self.claimAndWork() }
            group.addTask {
                await self.ending.wait()
                if !self.lease.isLost { try? await Task.sleep(for: self.settings.drain) }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Claims batch after batch and has up to `consumers` of them in work at once; returns when all are settled.
    private func claimAndWork() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            var audited = ContinuousClock.now
            var failures = 0
            while !ending.isGiven {
                if running >= settings.consumers {
                    await group.next()
                    running -= 1
                    continue
                }
                do throws(RedisError) {
                    var batches: [[ByteBuffer]] = []
                    if failures > 0 || audited.duration(to: .now) > settings.audit {
                        batches = try await forgottenBatches()
                        (audited, failures) = (.now, 0)
                    }
                    if batches.isEmpty, let batch = try await nextBatch() { batches = [batch] }
                    for batch in batches {
                        running += 1
                        group.addTask { await self.workbench.work(on: batch) }
                    }
                } catch {
                    if ending.isGiven { break }
                    failures += 1
                    logger.warning("claiming failed, trying again", metadata: ["error": "\(error)"])
                    _ = await ending.sleep(.milliseconds(min(1_000, 50 << min(failures, 5))))
                }
            }
        }
    }

    private func nextBatch() async throws(RedisError) -> [ByteBuffer]? {
        switch try await claimer.next() {
        case .jobs(let jobs): return jobs
        case .none: return nil
        case .paused:
            _ = await ending.sleep(.milliseconds(500))
            return nil
        case .gone:
            lease.lose()
            ending.give()
            return nil
        }
    }

    /// Jobs in the own list that nobody here knows of: claims whose reply was lost. No claim is under way meanwhile, and
    /// what is settled between the two looks was in hand at the first.
    private func forgottenBatches() async throws(RedisError) -> [[ByteBuffer]] {
        let known = inHand.snapshot()
        guard try await claimer.ownListLength() > inHand.count else { return [] }
        let forgotten = try await claimer.ownList().filter { bytes in
            guard let element = try? JobElement(bytes) else { return true }
            return !known.contains(element.header.id)
        }
        guard !forgotten.isEmpty else { return [] }
        logger.warning("found claimed jobs that were not in hand", metadata: ["jobs": "\(forgotten.count)"])
        // The list's newest stands first; work begins with the oldest.
        let oldestFirst = Array(forgotten.reversed())
        return stride(from: 0, to: oldestFirst.count, by: settings.batch).map {
            Array(oldestFirst[$0..<min($0 + settings.batch, oldestFirst.count)])
        }
    }

    /// Hands back what is still in the own list, unpenalised, and leaves.
    private func leave() async {
        for attempt in 1...3 {
            do throws(RedisError) {
                let left = try await store.claimed(by: worker)
                if !left.isEmpty {
                    _ = try await store.settle(left.map { .init(bytes: $0, target: .ready) }, worker: worker)
                    logger.info("handed back claimed jobs", metadata: ["jobs": "\(left.count)"])
                }
                try await store.leave(worker)
                return
            } catch {
                logger.warning("leaving failed", metadata: ["error": "\(error)", "attempt": "\(attempt)"])
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
    }
}
