import GraphSimulator
import Synchronization
import TestSupport
import Testing

/// A Redis that stands still is nobody's death: no Worker can renew its lease meanwhile, and none may be buried for it.
@Suite struct StalledRedisTests {
    @Test(
        "Redis stopped for longer than a lease under load: no job carries a crash, nothing is recovered from a living worker",
        .timeLimit(.minutes(15)))
    func underLoad() async throws {
        try await MainPath.run { path in
            let deployment = path.deployment
            var ports: [Int] = []
            for _ in 0..<2 { ports.append(try #require(try await deployment.startIngress().port)) }
            var workers: [ServiceProcess] = []
            for _ in 0..<3 { workers.append(try await deployment.startWorker(["--only", "inbound"])) }
            // Each has to have lived for a lease without a gap: only then could it bury anybody.
            let steady = ContinuousClock.now + .seconds(11)
            try await waitUntil("the leases to be steady", within: .seconds(15)) { ContinuousClock.now > steady }
            let before = try await Self.living(deployment)
            #expect(before.count == workers.count)

            let over = Mutex(false)
            let flood = WebhookFlood(player: path.player, ports: ports)
            let load = Task {
                var (sent, refusals) = (0, 0)
                while !over.withLock({ $0 }) {
                    let wave = (sent..<sent + 400).map { path.text("wamid.\($0)") }
                    let outcome = try await flood.post(wave, within: RunSize.stalled + .seconds(120))
                    refusals += outcome.refusals.values.reduce(0, +)
                    sent += wave.count
                }
                return (sent, refusals)
            }
            defer { load.cancel() }
            try await waitUntil("the load to run", within: .seconds(30)) { try await path.messageCount() > 1_000 }
            try deployment.redis.suspend()
            defer { try? deployment.redis.resume() }
            let end = ContinuousClock.now + RunSize.stalled
            try await waitUntil("the stall to outlast the lease", within: RunSize.stalled + .seconds(5)) {
                ContinuousClock.now > end
            }
            let stored = try await path.messageCount()
            try deployment.redis.resume()
            try await waitUntil("the load to go on", within: .seconds(60)) {
                try await path.messageCount() > stored + 1_000
            }
            over.withLock { $0 = true }
            let (sent, refusals) = try await load.value
            try await path.waitForMessages(sent, within: .seconds(90))
            try await path.waitForEmptyQueue()

            #expect(refusals > 0, "the load went on while Redis stood still")
            #expect(try await path.messageCount() == sent)
            #expect(try await deployment.depths().isEmpty)
            // The same Workers under the same ids, and nobody's jobs taken: a crash is only ever added by a recovery.
            #expect(try await Self.living(deployment) == before)
            for worker in workers {
                #expect(try await worker.metric("quoteline_recovered_jobs_total") == 0)
                #expect(try await worker.metric("quoteline_stale_settles_total") == 0)
            }
            RunSize.tell("Redis stood still for \(RunSize.stalled): \(sent) stored, \(refusals) refused meanwhile")
        }
    }

    private static func living(_ deployment: Deployment) async throws -> Set<String> {
        Set(
            try await deployment.redis.cli("zrange", "wa:{inbound}:workers", "0", "-1").split(separator: "\n")
                .map(String.init))
    }
}
