import GraphSimulator
import TestSupport
import Testing

/// A Worker that stands still (SIGSTOP, a machine that swaps, a hypervisor's pause) is alive to the kernel and dead to us:
/// its connections stay open, and with them its transaction and what that locks.
@Suite struct FrozenWorkerTests {
    @Test("frozen in the middle of a transaction, its jobs are done elsewhere; thawed, it goes on under a new id")
    func inTransaction() async throws {
        try await MainPath.run { path in
            let deployment = path.deployment
            let ingress = try await deployment.startIngress()
            let frozen = try await deployment.startWorker(["--only", "inbound"])
            // Holds up every transaction that stores messages, in its last statement.
            let blocker = Task {
                try await deployment.sql(
                    "begin; lock table whatsapp_feed in share row exclusive mode; select pg_sleep(60)")
            }
            try await waitUntil("the table to be locked") {
                try await deployment.sql(
                    "select count(*) from pg_locks where mode = 'ShareRowExclusiveLock' and granted") == "1"
            }
            // Fewer than batches may be in work at once.
            for index in 0..<3 {
                try await path.postUntilTaken(path.text("wamid.\(index)"), to: ingress)
            }
            try await waitUntil("all to be claimed and in transactions") {
                let waiting = try await deployment.sql(
                    "select count(*) from pg_locks where relation = 'whatsapp_feed'::regclass and not granted")
                let depths = try await deployment.depths()
                return depths.ready == 0 && depths.claimed >= 3 && waiting != "0"
            }
            let before = try await Self.living(deployment)
            #expect(before.count == 1)
            let process = try frozen.managed
            process.suspend()
            let began = ContinuousClock.now
            defer { process.resume() }
            _ = try await deployment.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()"
            )
            _ = await blocker.result
            try await waitUntil("a transaction to be left standing") {
                try await deployment.sql("select count(*) from pg_stat_activity where state = 'idle in transaction'")
                    != "0"
            }
            #expect(try await path.messageCount() == 0)

            _ = try await deployment.startWorker(["--only", "inbound"])
            try await path.waitForMessages(3, within: .seconds(50))
            // The other must first have lived for a lease of its own, which began after the freeze.
            #expect(began.duration(to: .now) < .seconds(40))
            try await path.waitForEmptyQueue()

            process.resume()
            try await waitUntil("the thawed Worker to live under a new id", within: .seconds(15)) {
                let living = try await Self.living(deployment)
                return living.count == 2 && living.isDisjoint(with: before)
            }
            try await frozen.waitUntilReady()
            #expect(try await path.messageCount() == 3)
            #expect(try await deployment.depths().isEmpty)
        }
    }

    @Test("frozen with settlements unanswered, its jobs run elsewhere; thawed, its late settles are counted as stale")
    func lateSettles() async throws {
        try await MainPath.run { path in
            let (deployment, redis) = (path.deployment, path.deployment.redis)
            let ingress = try await deployment.startIngress()
            let frozen = try await deployment.startWorker(["--only", "inbound"])
            // A place that nothing can enter: what is to be buried stays in hand, and its settlement is tried for ever.
            try await redis.cli("set", "wa:{inbound}:dead", "not ours")
            for index in 0..<3 { try await path.postUntilTaken("no JSON, \(index)", to: ingress) }
            let before = try await Self.living(deployment)
            let claimed = "wa:{inbound}:claimed:\(before.first ?? "")"
            try await waitUntil("all to be claimed and a settlement to have been refused") {
                try await redis.cli("llen", "wa:{inbound}:ready") == "0"
                    && frozen.managed.lastOutput(lines: 200).contains("settling failed")
            }
            let count = try #require(Int(try await redis.cli("llen", claimed)))
            #expect(count >= 3)
            #expect(try await frozen.metric("quoteline_stale_settles_total", #"queue="inbound""#) == 0)
            let process = try frozen.managed
            process.suspend()
            let thaw = ContinuousClock.now + RunSize.frozen
            defer { process.resume() }
            try await redis.cli("del", "wa:{inbound}:dead")

            let other = try await deployment.startWorker(["--only", "inbound"])
            try await waitUntil("the jobs to run elsewhere", within: .seconds(40)) {
                try await deployment.depths().dead == count
            }
            let buried = try await redis.cli("zrange", "wa:{inbound}:dead", "0", "-1").split(separator: "\n")
            #expect(buried.count == count && buried.allSatisfy { $0.contains(#""crashes":1,"#) })
            try await waitUntil("the time to be over", within: RunSize.frozen) { ContinuousClock.now > thaw }
            #expect(ProcessTree.state(of: process.pid) == "T")

            process.resume()
            try await waitUntil("its late settles to be counted", within: .seconds(20)) {
                try await frozen.metric("quoteline_stale_settles_total", #"queue="inbound""#) == Double(count)
            }
            try await waitUntil("the thawed Worker to live under a new id", within: .seconds(15)) {
                let living = try await Self.living(deployment)
                return living.count == 2 && living.isDisjoint(with: before)
            }
            // Nothing was changed by them, and it works on, alone.
            #expect(try await redis.cli("zrange", "wa:{inbound}:dead", "0", "-1").split(separator: "\n") == buried)
            try await other.stop()
            try await path.postUntilTaken(path.text("wamid.after"), to: ingress)
            try await path.waitForMessages(1)
            try await waitUntil("it to be settled") {
                guard try await deployment.depths().claimed == 0 else { return false }
                return try await frozen.metric("quoteline_jobs_total", #"outcome="completed""#) >= 1
            }
            RunSize.tell("frozen for \(RunSize.frozen): \(count) jobs ran elsewhere, \(count) late settles were stale")
        }
    }

    private static func living(_ deployment: Deployment) async throws -> Set<String> {
        Set(
            try await deployment.redis.cli("zrange", "wa:{inbound}:workers", "0", "-1").split(separator: "\n")
                .map(String.init))
    }
}
