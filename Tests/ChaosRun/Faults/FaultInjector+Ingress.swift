import TestSupport

extension FaultInjector {
    func killIngress(_ ingress: ServiceProcess) async throws -> String {
        try await treating(ingress) {
            let pid = try pid(of: ingress)
            try await ingress.kill()
            history.ended(pid)
            try expect(ingress.exitStatus == .signalled(9), "\(ingress.name) did not end by SIGKILL")
            try expect(ingress.port.map { isFree($0) } ?? true, "\(ingress.name)'s port still listens")
            try await restart(ingress)
            return "\(ingress.name) is back as pid \(try self.pid(of: ingress))"
        }
    }

    func stopIngress(_ ingress: ServiceProcess, for length: Duration) async throws -> String {
        try await treating(ingress) {
            let process = try ingress.managed
            process.suspend()
            defer { process.resume() }
            try await waitUntil("\(ingress.name) to stand still") { ProcessTree.state(of: process.pid) == "T" }
            let answer = try? await LoopbackHTTP.get(port: ingress.opsPort, "/live", within: .milliseconds(500))
            try expect(answer == nil, "\(ingress.name) answers while it is stopped")
            try await Task.sleep(for: length)
            process.resume()
            try await ingress.waitUntilReady(within: Self.patience)
            return "\(ingress.name) stood still for \(length.inSeconds.formatted1) s"
        }
    }

    func terminateIngress(_ ingress: ServiceProcess) async throws -> String {
        try await treating(ingress) {
            let pid = try pid(of: ingress)
            let from = ContinuousClock.now
            let status = try await ingress.stop(within: .seconds(35))
            history.ended(pid)
            try expect(status == .exited(0), "\(ingress.name) ended with \(status) after SIGTERM")
            let taken = from.duration(to: .now).inSeconds
            try await restart(ingress)
            return "\(ingress.name) ended after \(taken.formatted1) s"
        }
    }
}
