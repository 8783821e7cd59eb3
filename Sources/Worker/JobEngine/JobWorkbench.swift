internal import Identifiers
internal import JobLifecycle
internal import JobQueue
internal import Logging
internal import NIOCore
internal import RedisClient

/// Works on claimed batches: reads, processes, decides and settles. No job leaves it but through a settlement.
struct JobWorkbench: Sendable {
    /// How long an element of a version that this code does not know is left alone before it is looked at again.
    private static let unknownVersionPause: Int64 = 5_000

    let worker: WorkerIdentity
    let store: JobStore
    let settings: ConsumerConfiguration
    let processor: any BatchProcessor
    let inHand: JobsInHand
    let ending: StopSignal
    let metrics: JobMetrics
    let logger: Logger

    func work(on batch: [ByteBuffer]) async {
        let started = ContinuousClock.now
        var jobs: [JobElement] = []
        var settlements: [JobStore.Settlement] = []
        jobs.reserveCapacity(batch.count)
        for bytes in batch {
            do throws(JobElementError) {
                let element = try JobElement(bytes)
                if element.header.version == JobHeader.currentVersion {
                    jobs.append(element)
                } else {
                    logger.warning(
                        "left alone a job of an unknown version",
                        metadata: ["job": "\(element.header.id)", "version": "\(element.header.version)"])
                    metrics.settled(type: element.header.type, .unknownVersion)
                    settlements.append(.init(bytes: bytes, target: .scheduled(after: Self.unknownVersionPause)))
                }
            } catch {
                logger.error("buried an unreadable element", metadata: ["error": "\(error)"])
                metrics.settled(type: "unreadable", .unreadable)
                var generator = ULIDGenerator()
                let now = UnixClock.milliseconds()
                let grave = JobElement.unreadable(
                    bytes, reason: error.description, id: generator.next(milliseconds: UInt64(max(0, now))).description,
                    now: now)
                settlements.append(.init(bytes: bytes, target: .dead, replacement: grave.bytes))
            }
        }
        await settle(settlements)
        // Jobs whose owner died while holding them are worked on alone, so that they take no other down.
        for suspect in jobs where suspect.header.crashes > 0 { await work(on: [suspect]) }
        await work(on: jobs.filter { $0.header.crashes == 0 })
        metrics.took(started.duration(to: .now))
    }

    private func work(on jobs: [JobElement]) async {
        guard !jobs.isEmpty else { return }
        let ids = jobs.map(\.header.id)
        while !inHand.take(ids) {
            // An earlier claim of one of them waits for the answer to its settlement.
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
        defer { inHand.drop(ids) }
        let results = await process(jobs)
        var settlements: [JobStore.Settlement] = []
        settlements.reserveCapacity(jobs.count)
        var random = SystemRandomNumberGenerator()
        let now = UnixClock.milliseconds()
        for (job, result) in zip(jobs, results) {
            let progress = JobProgress(
                attempt: job.header.attempt, crashes: job.header.crashes, receivedAt: job.header.receivedAt)
            let transition = settings.lifecycle.decide(progress, result.outcome, now: now, using: &random)
            settlements.append(settlement(of: job, result: result, transition: transition))
        }
        await settle(settlements)
    }

    /// Processes until it succeeds, the session ends or the worker lost its jobs. An outage costs no job an attempt.
    private func process(_ jobs: [JobElement]) async -> [JobResult] {
        var failures = 0
        while !Task.isCancelled {
            do {
                let results = try await processor.process(jobs)
                precondition(results.count == jobs.count, "a processor answers for each job")
                return results
            } catch is CancellationError {
                break
            } catch {
                metrics.held()
                if failures == 0 || failures % 10 == 0 {
                    logger.warning(
                        "holding jobs until what they need is back",
                        metadata: ["error": "\(error)", "jobs": "\(jobs.count)", "failures": "\(failures + 1)"])
                }
                failures += 1
                guard await ending.sleep(.milliseconds(min(1_000, 50 << min(failures, 5)))) else { break }
            }
        }
        return jobs.map { _ in JobResult(.released) }
    }

    private func settlement(
        of job: JobElement, result: JobResult, transition: JobTransition
    ) -> JobStore.Settlement {
        switch transition {
        case .complete:
            metrics.settled(type: job.header.type, .completed)
            return .init(bytes: job.bytes, target: .done)
        case .release:
            metrics.settled(type: job.header.type, .released)
            return .init(bytes: job.bytes, target: .ready)
        case .deferral(let delay):
            metrics.settled(type: job.header.type, .deferred)
            return .init(bytes: job.bytes, target: .scheduled(after: delay))
        case .retry(let delay):
            metrics.settled(type: job.header.type, .retried)
            let retried = job.replacingHeader { header in
                header.attempt += 1
                header.error = result.failure
            }
            return .init(bytes: job.bytes, target: .scheduled(after: delay), replacement: retried.bytes)
        case .bury(let cause):
            metrics.settled(type: job.header.type, .buried)
            let failure = result.failure ?? JobFailure(code: cause.rawValue, text: "No reason was given.")
            logger.error(
                "buried a job",
                metadata: ["job": "\(job.header.id)", "cause": "\(cause.rawValue)", "code": "\(failure.code)"])
            let buried = job.replacingHeader { $0.error = failure }
            return .init(bytes: job.bytes, target: .dead, replacement: buried.bytes)
        }
    }

    private func settle(_ settlements: [JobStore.Settlement]) async {
        guard !settlements.isEmpty else { return }
        let settler = JobSettler(
            worker: worker, store: store, ending: ending, patience: settings.drain + .seconds(2), metrics: metrics,
            logger: logger)
        // Not the task's own child: an outcome is written down also when the work was cancelled.
        await Task { await settler.settle(settlements) }.value
    }
}
