import Identifiers
import TestSupport

extension FaultInjector {
    /// SIGKILL at a moment at which it holds jobs, then a new start.
    func killWorker(_ worker: ServiceProcess) async throws -> String {
        try await treating(worker) {
            let pid = try pid(of: worker)
            let caught = try await catchHolding(worker)
            let at = UnixClock.milliseconds()
            try await worker.kill()
            try expect(worker.exitStatus == .signalled(9), "\(worker.name) did not end by SIGKILL")
            history.ended(pid)
            // Redis may still have delivered a job to the blocked connection before it saw its end.
            async let late = heldLater(by: caught.workers, of: pid)
            try await restart(worker)
            let held = try await caught.held.union(late)
            history.died(caught.workers, at: at, holding: held)
            return "\(worker.name) held \(held.count) jobs"
        }
    }

    /// SIGSTOP at a moment at which it holds jobs, until the others have declared it dead; then SIGCONT, and it must come
    /// back under a new id.
    func stopWorker(_ worker: ServiceProcess) async throws -> String {
        try await treating(worker) {
            let pid = try pid(of: worker)
            let caught = try await catchHolding(worker)
            let at = UnixClock.milliseconds()
            defer { try? worker.managed.resume() }
            let held = try await caught.held.union(heldLater(by: caught.workers, of: pid))
            history.died(caught.workers, at: at, holding: held)
            try expect(!caught.workers.isEmpty, "\(worker.name) had no id among the living")
            try await waitUntil("\(worker.name), stopped, to be declared dead", within: Self.patience) {
                let departed = try await probe.departed()
                return caught.workers.allSatisfy { departed[$0] != nil }
            }
            try expect(ProcessTree.state(of: pid) == "T", "\(worker.name) was not standing still all the time")
            // Its jobs are in work elsewhere, or done, when it comes back and settles them late.
            try await Task.sleep(for: .seconds(1))
            try worker.managed.resume()
            history.stood(pid, from: at, to: UnixClock.milliseconds())
            try await waitUntil("\(worker.name) to come back under a new id", within: Self.patience) {
                let ids = try await probe.livingWorkers(of: pid)
                return !ids.isEmpty && ids.allSatisfy { !caught.workers.contains($0) }
            }
            try await worker.waitUntilReady(within: Self.patience)
            let seconds = Double(UnixClock.milliseconds() - at) / 1_000
            return "\(worker.name) held \(held.count) jobs, back after \(seconds.formatted1) s under a new id"
        }
    }

    /// SIGTERM: it ends by itself with exit code 0 and hands back what it holds.
    func terminateWorker(_ worker: ServiceProcess) async throws -> String {
        try await treating(worker) {
            let pid = try pid(of: worker)
            let ids = try await probe.livingWorkers(of: pid)
            let from = ContinuousClock.now
            let status = try await worker.stop(within: .seconds(35))
            let at = UnixClock.milliseconds()
            history.ended(pid)
            try expect(status == .exited(0), "\(worker.name) ended with \(status) after SIGTERM")
            let taken = from.duration(to: .now).inSeconds
            // With Redis away it cannot hand anything back; what stays in its list is found like a dead worker's.
            var left: Set<HeldJob> = []
            for id in ids { left.formUnion(try await probe.held(by: id)) }
            if !left.isEmpty { history.died(ids, at: at, holding: left) }
            try await restart(worker)
            return "\(worker.name) ended after \(taken.formatted1) s and left \(left.count) jobs"
        }
    }

    /// Its connections to Redis fall silent without closing; it must find that out and go on, and nobody may take it
    /// for dead.
    func silence(_ worker: ServiceProcess) async throws -> String {
        try await treating(worker) {
            let pid = try pid(of: worker)
            let ids = try await probe.livingWorkers(of: pid)
            try expect(!ids.isEmpty, "\(worker.name) had no id among the living")
            let (opened, swallowed) = (stage.proxy.opened, stage.proxy.swallowed)
            let silenced = stage.proxy.silence()
            defer { stage.proxy.closeSilenced() }
            try expect(silenced > 0, "\(worker.name) had no connection to silence")
            try await waitUntil("bytes to vanish in \(worker.name)'s silent connections", within: .seconds(15)) {
                stage.proxy.swallowed > swallowed
            }
            try await waitUntil("\(worker.name) to open new connections", within: .seconds(20)) {
                stage.proxy.opened > opened
            }
            try await worker.waitUntilReady(within: Self.patience)
            try expect(worker.pid == pid && worker.exitStatus == nil, "\(worker.name) ended")
            let departed = try await probe.departed()
            for id in ids where departed[id] != nil {
                throw TestSupportError("\(id) was declared dead although only its connections were silent")
            }
            return "\(worker.name): \(silenced) connections, \(stage.proxy.opened - opened) new ones"
        }
    }

    /// Stops the Worker at a moment at which it holds jobs: it is stopped, looked at and let go again until it does, or
    /// for a few seconds at most. It stands still when this returns.
    private func catchHolding(
        _ worker: ServiceProcess
    ) async throws -> (workers: [String], held: Set<HeldJob>) {
        let (pid, process) = (try pid(of: worker), try worker.managed)
        let ids = try await probe.livingWorkers(of: pid)
        for _ in 0..<60 {
            process.suspend()
            do {
                // What it had already sent is carried out meanwhile.
                try await Task.sleep(for: .milliseconds(30))
                try expect(ProcessTree.state(of: pid) == "T", "\(worker.name) does not stand still after SIGSTOP")
                var held: Set<HeldJob> = []
                for id in ids { held.formUnion(try await probe.held(by: id)) }
                if !held.isEmpty { return (ids, held) }
            } catch {
                process.resume()
                throw error
            }
            process.resume()
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...40)))
        }
        process.suspend()
        return (ids, [])
    }

    /// What is in their lists once none of the process's connections waits for a job any more: Redis has seen their ends, or
    /// the time of a blocked claim is over. That is long before their lease is.
    private func heldLater(by workers: [String], of pid: Int32) async throws -> Set<HeldJob> {
        let name = "quoteline-worker-\(pid)"
        try await waitUntil("no claim of \(name) to be under way", within: Self.patience) {
            try await !clients().contains { $0.isBlocked && $0.name == name }
        }
        var held: Set<HeldJob> = []
        for worker in workers { held.formUnion(try await probe.held(by: worker)) }
        return held
    }
}

extension Double {
    /// With one decimal.
    var formatted1: String {
        let tenths = Int((self * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}
