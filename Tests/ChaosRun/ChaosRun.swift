import GraphSimulator
import Identifiers
import TestSupport

/// The kill-anywhere proof: the real processes under load, faults at random moments, and a ledger at the end.
public struct ChaosRun: Sendable {
    public struct Options: Sendable {
        public var plan: FaultPlan
        public var webhooksPerSecond = 150
        public var retriesPerSecond = 5
        /// Quote links that are asked for.
        public var quotesPerSecond = 12
        /// Where the processes' logs are kept, an existing folder; in a temporary one if nil.
        public var logs: String?
        /// Told what happens, a line at a time.
        public var say: @Sendable (String) -> Void = { _ in }

        public init(plan: FaultPlan) {
            self.plan = plan
        }
    }

    /// How long what was accepted may take to be stored once the faults are over.
    private static let drain: Duration = .seconds(90)

    /// How long sends may take to be settled: an answer that never comes, and the grace after it.
    private static let settling: Duration = .seconds(150)

    private let options: Options
    private let stage: ChaosStage
    private let probe: QueueProbe
    private let watch: QueueWatch
    private let history = RunHistory()
    private let sent = SentItems()
    private let load: WebhookLoad
    private let retries: ScheduledRetries
    private let asked = AskedQuotes()
    private let sends: SendLoad

    /// Sets everything up, runs the plan, judges, and ends everything. Takes bounded time.
    /// - Throws: `TestSupportError` when the run could not take place; what went wrong in it stands in the report.
    public static func run(_ options: Options) async throws -> ChaosReport {
        let stage = try await ChaosStage.start(logs: options.logs)
        do {
            let run = try ChaosRun(options, on: stage)
            let report = try await run.play()
            await run.probe.close()
            _ = await stage.stop()
            return report
        } catch {
            _ = await stage.stop()
            throw error
        }
    }

    private init(_ options: Options, on stage: ChaosStage) throws {
        self.options = options
        self.stage = stage
        probe = try QueueProbe(url: stage.redis.url)
        watch = QueueWatch(probe: probe)
        let name = "chaos" + String(options.plan.seed, radix: 36)
        load = WebhookLoad(stage: stage, perSecond: options.webhooksPerSecond, sent: sent, run: name)
        retries = ScheduledRetries(
            load: load, probe: probe, perSecond: options.retriesPerSecond, sent: sent, run: name)
        sends = SendLoad(stage: stage, probe: probe, perSecond: options.quotesPerSecond, asked: asked, run: name)
    }

    private func play() async throws -> ChaosReport {
        let (stage, plan) = (stage, options.plan)
        options.say(
            "\(stage.ingress.count) Ingress behind nginx, \(stage.workers.count) Workers, Redis and Postgres are ready; "
                + "\(plan.faults.count) faults in \(Int(plan.length.inSeconds)) s, seed \(plan.seed)")
        try await retries.plantTravellers()
        try await sends.openWindows()
        let posting = ContinuousClock.now + plan.length + Self.settling + Self.drain
        await withTaskGroup { group in
            group.addTask { await watch.run() }
            group.addTask { await superviseServices() }
            await withTaskGroup { loads in
                loads.addTask { await load.post(until: posting) }
                let planting = Task { await retries.plant(seed: plan.seed) }
                let asking = Task { await sends.ask() }
                await injectAll()
                for load in [planting, asking] {
                    load.cancel()
                    await load.value
                }
                // The webhooks go on meanwhile: they are the sign of life without which no grace period ends.
                await sendsSettled()
                load.end()
            }
            await drained()
            group.cancelAll()
        }
        let outgoing = try await SendEvidence.read(asked, from: stage)
        let evidence = try await gather(wamids: outgoing.wamids)
        return ChaosReport(
            plan: plan, verdict: Verdict(evidence), evidence: evidence, refusals: sent.refusals,
            sends: SendVerdict(outgoing), summary: outgoing.summary)
    }

    private func injectAll() async {
        let started = ContinuousClock.now
        let injector = FaultInjector(stage: stage, probe: probe, history: history, sent: sent)
        await withTaskGroup { group in
            for fault in options.plan.faults {
                group.addTask {
                    do {
                        try await Task.sleep(until: started + fault.at)
                        let seen = try await injector.inject(fault)
                        history.done(fault.kind)
                        options.say("\(at(started)) \(fault.kind.rawValue): \(seen)")
                    } catch {
                        options.say("\(at(started)) \(fault.kind.rawValue): FAILED: \(error)")
                        history.problem("\(fault.kind.rawValue) at \(fault.at.inSeconds.formatted1) s: \(error)")
                    }
                }
            }
            group.addTask {
                // The load goes on for as long as the plan says, also after the last fault.
                try? await Task.sleep(until: started + options.plan.length)
            }
        }
    }

    private func at(_ started: ContinuousClock.Instant) -> String {
        let text = started.duration(to: .now).inSeconds.formatted1
        return String(repeating: " ", count: max(0, 6 - text.count)) + text + " s "
    }

    /// A process that ends though nobody ended it is a finding; it is started again.
    private func superviseServices() async {
        while !Task.isCancelled {
            for service in stage.ingress + stage.workers {
                guard let pid = service.pid, let status = service.exitStatus,
                    !history.facts.inTreatment.contains(service.name)
                else { continue }
                if history.facts.ended[pid] == nil {
                    history.problem("\(service.name) ended by itself, \(status); its last lines:\n\(service.lastLines)")
                }
                history.ended(pid)
                try? service.start()
            }
            if !stage.nginx.isRunning { return history.problem("nginx ended by itself") }
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
        }
    }

    /// Waits until nothing waits or is in work any more, and each claimed list belongs to a living worker.
    private func drained() async {
        do {
            for service in stage.ingress + stage.workers {
                try await service.waitUntilReady(within: FaultInjector.patience)
            }
            try await waitUntil("the queue to be empty", within: Self.drain, poll: .milliseconds(200)) {
                let sample = try await probe.sample()
                let living = Set(try await probe.livingWorkers())
                return sample.isDrained && living.count == stage.workers.count
                    && sample.claimed.allSatisfy { $0.value == 0 || living.contains($0.key) }
            }
        } catch {
            history.problem("\(error)")
        }
    }

    private func sendsSettled() async {
        do {
            try await waitUntil("the sends to be settled", within: Self.settling, poll: .milliseconds(500)) {
                try await SendEvidence.underWay(stage) == 0 && stage.simulator.summary.webhooksWaiting == 0
            }
        } catch {
            history.problem("\(error)")
        }
    }

    private func gather(wamids: Set<String>) async throws -> Evidence {
        let last = try await waitFor("the queue to be looked at", within: .seconds(30)) { try await probe.sample() }
        return Evidence(
            sent: sent.all, stored: try await StoredItems.read(from: stage.deployment, besides: wamids),
            history: history.facts,
            seen: watch.found, last: last, dead: try await probe.deadLetters(),
            living: try await probe.livingWorkers(), departed: try await probe.departed(),
            running: Set(stage.workers.filter { $0.exitStatus == nil }.compactMap(\.pid)))
    }
}
