internal import JobLifecycle
internal import JobQueue
internal import Logging
internal import NIOCore
internal import OperationsKit
internal import RedisClient

/// One life of a worker under one id, from its registration until it stops or is declared dead.
final class ConsumerSession: Sendable {
    /// Jobs and bytes handed back in one step, so that Redis answers others in between.
    private static let jobsPerStep = 250
    private static let bytesPerStep = 2 * 1_024 * 1_024

    private let worker: WorkerIdentity
    private let store: JobStore
    private let settings: ConsumerConfiguration
    private let source: any JobSource
    private let workbench: JobWorkbench
    /// Nil where short forms are not taken.
    private let adopter: ShortFormAdopter?
    private let lease: LeaseKeeper
    private let recoverer: DeadWorkerRecoverer
    private let promoter: DueJobPromoter
    private let inHand = JobsInHand()
    /// The process is to stop.
    private let stop: StopSignal
    /// This session ends: the process stops, or the worker was declared dead.
    private let ending = StopSignal()
    private let metrics: JobMetrics
    private let logger: Logger

    init(
        worker: WorkerIdentity, store: JobStore, settings: ConsumerConfiguration, redis: RedisConfiguration,
        eventLoop: any EventLoop, makeSource: JobSourceFactory, processor: any BatchProcessor, metrics: JobMetrics,
        stop: StopSignal, logger: Logger
    ) {
        var logger = logger
        logger[metadataKey: "worker"] = "\(worker)"
        self.logger = logger
        self.worker = worker
        self.store = store
        self.settings = settings
        self.stop = stop
        self.metrics = metrics
        source = makeSource(
            JobSourceContext(
                keys: store.keys, worker: worker, settings: settings,
                connection: ClaimConnection(
                    keys: store.keys, worker: worker, redis: redis, eventLoop: eventLoop, logger: logger),
                logger: logger))
        adopter =
            settings.takesShortForms ? ShortFormAdopter(store: store, worker: worker, logger: logger) : nil
        let settler = JobSettler(
            worker: worker, store: store, inHand: inHand, ending: ending, patience: settings.drain + .seconds(2),
            metrics: metrics, logger: logger)
        workbench = JobWorkbench(
            settings: settings, processor: processor, settler: settler, ending: ending, metrics: metrics, logger: logger
        )
        lease = LeaseKeeper(worker: worker, store: store, settings: settings, logger: logger)
        recoverer = DeadWorkerRecoverer(
            worker: worker, store: store, settings: settings, lease: lease, metrics: metrics, logger: logger)
        promoter = DueJobPromoter(worker: worker, store: store, logger: logger)
    }

    /// When the consuming connection last heard from Redis.
    var lastRoundTrip: ContinuousClock.Instant? { source.lastRoundTrip }

    func run() async {
        let (ending, source) = (ending, source)
        // The blocked claim is broken off before anything else: from then on no job is taken.
        ending.onGiven { source.close() }
        stop.onGiven { ending.give() }
        guard await lease.register(until: ending) else { return }
        logger.info("worker registered")
        await withTaskGroup { group in
            group.addTask { await self.lease.keep(ending: ending) }
            group.addTask { await self.recoverer.run(until: ending) }
            group.addTask { await self.promoter.run(until: ending) }
            await consume()
            // Not this task's own child: the jobs go back also when the task was cancelled. The lease is renewed
            // meanwhile, so that nobody takes them for a dead worker's.
            await Task { await self.leave() }.value
            group.cancelAll()
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
        await withTaskGroup(of: RelayedClaim.self) { group in
            var queue = ClaimQueue(limit: settings.consumers)
            var audited = ContinuousClock.now
            var failures = 0
            // What the settlement of a suspect has claimed.
            var relayed: [ByteBuffer] = []
            while !ending.isGiven, !Task.isCancelled {
                if let batch = queue.begin() {
                    let relays = source.takesFromReady && audited.duration(to: .now) <= settings.audit
                    group.addTask { await self.workbench.work(on: batch, relays: relays) }
                    continue
                }
                guard queue.hasRoom || !relayed.isEmpty else {
                    switch await group.next() {
                    case .jobs(let jobs): relayed = jobs
                    // As after a claim that failed: looked for before the next one, which would give it company.
                    case .unheard: failures += 1
                    case nil: break
                    }
                    queue.finished()
                    continue
                }
                do throws(RedisError) {
                    if !relayed.isEmpty {
                        let jobs = relayed
                        // Should that fail, the audit finds them.
                        relayed = []
                        queue.add(inHand.take(try await read(jobs)), size: settings.batch)
                        continue
                    }
                    if failures > 0 || audited.duration(to: .now) > settings.audit {
                        queue.add(try await forgottenJobs(), size: settings.batch)
                        (audited, failures) = (.now, 0)
                        continue
                    }
                    // A batch counts as running until somebody looks, however long it is done.
                    switch try await source.next(busy: queue.running > 0 && inHand.count > 0) {
                    case .jobs(let jobs): queue.add(inHand.take(try await read(jobs)), size: settings.batch)
                    case .none: break
                    case .suspectNext:
                        _ = await group.next()
                        queue.finished()
                    case .paused: _ = await ending.sleep(.milliseconds(500))
                    case .gone:
                        lease.lose()
                        ending.give()
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

    private func read(_ jobs: [ByteBuffer]) async throws(RedisError) -> [ClaimedJob] {
        guard let adopter else { return jobs.map(ClaimedJob.init) }
        return try await adopter.adopt(jobs)
    }

    /// Jobs in the own list that nobody here knows of, oldest first: claims whose reply was lost, or that came while a job
    /// of the same id was in hand. No claim is under way meanwhile, and what is settled between the two looks was in hand
    /// at the first.
    private func forgottenJobs() async throws(RedisError) -> [ClaimedJob] {
        let known = inHand.snapshot()
        guard try await source.ownListLength() > inHand.count else { return [] }
        let listed = try await read(try await source.ownList().reversed())
        let forgotten = inHand.take(listed.filter { !known.contains($0.key) })
        if !forgotten.isEmpty {
            logger.warning("found claimed jobs that were not in hand", metadata: ["jobs": "\(forgotten.count)"])
        }
        return forgotten
    }

    /// Hands back what is still in the own list, unpenalised and in its old order, and leaves. What a worker that was
    /// declared dead still has is left to the recovery.
    private func leave() async {
        let isLost = lease.isLost
        if isLost { logger.warning("this worker was declared dead; it comes back under a new id") }
        for attempt in 1...3 {
            do throws(RedisError) {
                if !isLost { try await handBack() }
                try await store.leave(worker)
                return
            } catch {
                logger.warning("leaving failed", metadata: ["error": "\(error)", "attempt": "\(attempt)"])
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    private func handBack() async throws(RedisError) {
        var left = try await store.claimed(by: worker)[...]
        guard !left.isEmpty else { return }
        logger.info("handing back claimed jobs", metadata: ["jobs": "\(left.count)"])
        // The list's newest stands first and goes back first, so that the oldest ends at the very head.
        while !left.isEmpty {
            var bytes = 0
            let step = left.prefix(Self.jobsPerStep).prefix { job in
                defer { bytes += job.readableBytes }
                return bytes < Self.bytesPerStep
            }.reversed()
            left = left.dropFirst(step.count)
            _ = try await store.settle(
                step.map { .init(bytes: $0, target: source.home(of: $0)) }, worker: worker)
            for bytes in step {
                metrics.settled(type: (try? JobElement(bytes))?.header.type ?? "unreadable", .released)
            }
        }
    }
}
