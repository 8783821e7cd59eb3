internal import Identifiers
internal import JobLifecycle
internal import JobQueue
internal import Logging
internal import NIOCore
internal import RedisClient

/// Works on claimed batches: processes, decides and settles. No job leaves the worker's list but through a settlement;
/// what is left there when the worker stops is handed back in one go, in its old order.
struct JobWorkbench: Sendable {
    /// Milliseconds for which an element of a version that this code does not know is left alone before it is looked at
    /// again.
    private static let unknownVersionPause: Int64 = 5_000

    /// The processor answered for more or fewer jobs than it was given.
    private struct MiscountedResults: Error {}

    let settings: ConsumerConfiguration
    let processor: any BatchProcessor
    let settler: JobSettler
    let ending: StopSignal
    let metrics: JobMetrics
    let logger: Logger

    /// - Parameter relays: whether the settlement of a suspect, which is alone in hand, may claim what is next.
    /// - Returns: what was claimed so.
    func work(on batch: [ClaimedJob], relays: Bool) async -> RelayedClaim {
        let started = ContinuousClock.now
        var jobs: [JobElement] = []
        var verdicts: [JobSettler.Verdict] = []
        jobs.reserveCapacity(batch.count)
        for claimed in batch {
            switch claimed.content {
            case .job(let job): jobs.append(job)
            case .unknownVersion(let job): verdicts.append(leaveAlone(job))
            case .unreadable(let error): verdicts.append(bury(claimed, unreadable: error))
            }
        }
        if !jobs.isEmpty, let results = await results(of: jobs) {
            var random = SystemRandomNumberGenerator()
            let now = UnixClock.milliseconds()
            verdicts.reserveCapacity(batch.count)
            for (job, result) in zip(jobs, results) {
                let progress = JobProgress(
                    attempt: job.header.attempt, crashes: job.header.crashes, receivedAt: job.header.receivedAt)
                let transition = settings.lifecycle.decide(progress, result.outcome, now: now, using: &random)
                verdicts.append(verdict(on: job, result: result, transition: transition))
            }
        }
        guard let first = verdicts.first else { return .jobs([]) }
        let (settler, settings, decided) = (settler, settings, verdicts)
        let relays = relays && batch.count == 1 && batch[0].isSuspect && !ending.isGiven
        // Not the task's own child: an outcome is written down also when the work was cancelled.
        let claimed = await Task { () -> RelayedClaim in
            if relays { return await settler.settle(first, claiming: settings.batch, bytes: settings.batchBytes) }
            await settler.settle(decided)
            return .jobs([])
        }.value
        metrics.took(started.duration(to: .now))
        return claimed
    }

    /// Processes until it succeeds; nil if the worker stops or lost its jobs before. An outage costs no job an attempt.
    private func results(of jobs: [JobElement]) async -> [JobResult]? {
        var failures = 0
        while !Task.isCancelled {
            do {
                let results = try await processor.process(jobs)
                guard results.count == jobs.count else { throw MiscountedResults() }
                return results
            } catch let error where error is JobOutage || error is CancellationError {
                if Task.isCancelled { break }
                metrics.held()
                if failures % 10 == 0 {
                    logger.warning(
                        "holding jobs until what they need is back",
                        metadata: ["error": "\(error)", "jobs": "\(jobs.count)", "failures": "\(failures + 1)"])
                }
                failures += 1
                guard await ending.sleep(.milliseconds(min(1_000, 50 << min(failures, 5)))) else { break }
            } catch {
                if Task.isCancelled { break }
                return await resultsOneByOne(jobs, error)
            }
        }
        return nil
    }

    /// An error that the processor could not lay to one job: each is tried by itself, so that the guilty one alone fails.
    private func resultsOneByOne(_ jobs: [JobElement], _ error: any Error) async -> [JobResult]? {
        logger.error(
            "the processor failed", metadata: ["error": "\(type(of: error))", "jobs": "\(jobs.count)"])
        if jobs.count == 1 {
            let failure = JobFailure(code: "processor-error", text: "The processor failed with \(type(of: error)).")
            return [JobResult(.failed(retryAfter: nil), failure)]
        }
        var all: [JobResult] = []
        for job in jobs {
            guard let one = await results(of: [job]) else { return nil }
            all += one
        }
        return all
    }

    // MARK: - Verdicts

    private func leaveAlone(_ job: JobElement) -> JobSettler.Verdict {
        logger.warning(
            "left alone a job of an unknown version",
            metadata: ["job": "\(job.header.id)", "version": "\(job.header.version)"])
        return verdict(on: job, .unknownVersion, .scheduled(after: Self.unknownVersionPause))
    }

    private func bury(_ claimed: ClaimedJob, unreadable error: JobElementError) -> JobSettler.Verdict {
        logger.error("buried an unreadable element", metadata: ["error": "\(error)"])
        var generator = ULIDGenerator()
        let now = UnixClock.milliseconds()
        let id = generator.next(milliseconds: UInt64(max(0, now))).description
        let grave = JobElement.unreadable(claimed.bytes, reason: error.description, id: id, now: now)
        return .init(
            key: claimed.key, type: "unreadable", outcome: .unreadable,
            settlement: .init(bytes: claimed.bytes, target: .dead, replacement: grave.bytes))
    }

    private func verdict(
        on job: JobElement, result: JobResult, transition: JobTransition
    ) -> JobSettler.Verdict {
        switch transition {
        case .complete: return verdict(on: job, .completed, .done)
        case .release: return verdict(on: job, .released, .ready)
        case .deferral(let delay):
            return verdict(on: job, .deferred, .scheduled(after: delay), replacement: replacement(of: job, result))
        case .move(let lane):
            return verdict(
                on: job, .moved, .lane(lane, atHead: result.first), replacement: replacement(of: job, result))
        case .retry(let delay):
            let retried = job.replacingHeader { header in
                header.attempt += 1
                header.error = result.failure
            }
            return verdict(on: job, .retried, .scheduled(after: delay), replacement: retried)
        case .bury(let cause):
            let failure = result.failure ?? JobFailure(code: cause.rawValue, text: "No reason was given.")
            logger.error(
                "buried a job",
                metadata: ["job": "\(job.header.id)", "cause": "\(cause.rawValue)", "code": "\(failure.code)"])
            return verdict(on: job, .buried, .dead, replacement: job.replacingHeader { $0.error = failure })
        }
    }

    /// A suspect stays one, whatever it is replaced by.
    private func replacement(of job: JobElement, _ result: JobResult) -> JobElement? {
        guard let replacement = result.replacement, replacement.header.crashes < job.header.crashes else {
            return result.replacement
        }
        return replacement.replacingHeader { $0.crashes = job.header.crashes }
    }

    private func verdict(
        on job: JobElement, _ outcome: JobMetrics.Outcome, _ target: JobStore.Target, replacement: JobElement? = nil
    ) -> JobSettler.Verdict {
        .init(
            key: .id(job.header.id), type: job.header.type, outcome: outcome,
            settlement: .init(bytes: job.bytes, target: target, replacement: replacement?.bytes))
    }
}
