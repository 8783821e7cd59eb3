import Identifiers
import NIOCore
import RedisClient
import TestSupport

extension FaultInjector {
    func killRedis(for length: Duration) async throws -> String {
        let from = UnixClock.milliseconds()
        let before = try await runID()
        try await stage.redis.kill()
        try expect(isFree(stage.redis.port), "Redis' port still listens after SIGKILL")
        try await expectNoAcceptance(for: length, while: "Redis was dead")
        try await stage.redis.restart()
        let after = try await runID()
        history.disturbed(from: from)
        try expect(before != after, "Redis was not started anew")
        return "down for \(length.inSeconds.formatted1) s"
    }

    func stopRedis(for length: Duration) async throws -> String {
        let from = UnixClock.milliseconds()
        try stage.redis.suspend()
        defer { try? stage.redis.resume() }
        let pid = try stage.redis.pid
        try await waitUntil("Redis to stand still") { ProcessTree.state(of: pid) == "T" }
        let answer = try? await probe.send("PING", timeout: .milliseconds(500))
        try expect(answer == nil, "Redis answers while it is stopped")
        try await expectNoAcceptance(for: length, while: "Redis stood still")
        try stage.redis.resume()
        _ = try await probe.insist("PING")
        history.disturbed(from: from)
        return "for \(length.inSeconds.formatted1) s"
    }

    func pauseClients(for length: Duration) async throws -> String {
        // Connected before the pause begins, which is counted from here.
        _ = try await probe.insist("PING")
        let from = UnixClock.milliseconds()
        let started = ContinuousClock.now
        try await probe.send("CLIENT", "PAUSE", .integer(Int(length.inSeconds * 1_000)), "ALL")
        async let answered: Void = {
            _ = try await probe.insist("PING")
        }()
        // On a busy machine this looks later than it means to, and then the pause must still last.
        try await expectNoAcceptance(for: length * 0.7, while: "Redis' clients were paused")
        try await answered
        let taken = started.duration(to: .now)
        history.disturbed(from: from)
        try expect(taken >= length * 0.9, "CLIENT PAUSE held nobody up: PING answered after \(taken)")
        return "for \(length.inSeconds.formatted1) s"
    }

    /// Cuts every connection but this one.
    func killClients() async throws -> String {
        let from = UnixClock.milliseconds()
        let before = try await clients()
        let killed = try await probe.send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").integer ?? 0
        try expect(killed > 0, "CLIENT KILL found nobody")
        let comeBack = try await replaced(Set(before.map(\.id)))
        history.disturbed(from: from)
        return "\(killed) connections; \(comeBack) came anew"
    }

    /// Cuts connections while they wait in a blocking command, each by its id.
    func killBlockedClients() async throws -> String {
        let blocked = try await waitFor("a client that blocks", within: .seconds(20), poll: .milliseconds(20)) {
            let blocked = try await clients().filter(\.isBlocked)
            return blocked.isEmpty ? nil : blocked
        }
        var killed: Set<Int> = []
        for client in blocked {
            let reply = try await probe.send("CLIENT", "KILL", "ID", .integer(client.id))
            if reply.integer == 1 { killed.insert(client.id) }
        }
        try expect(!killed.isEmpty, "CLIENT KILL found none of \(blocked.count) blocking clients")
        let comeBack = try await replaced(killed)
        return "\(killed.count) connections; \(comeBack) came anew"
    }

    struct Client {
        let id: Int
        let name: String
        let isBlocked: Bool
        let isOurs: Bool
    }

    /// Redis' clients, the harness left out.
    func clients() async throws -> [Client] {
        let text = try await probe.insist("CLIENT", "LIST", "TYPE", "normal").text ?? ""
        return text.split(separator: "\n").compactMap { line -> Client? in
            let pairs = line.split(separator: " ").map { $0.split(separator: "=", maxSplits: 1) }
            func value(_ name: String) -> String? {
                pairs.first { $0.first.map(String.init) == name }.map { $0.count > 1 ? String($0[1]) : "" }
            }
            guard let id = value("id").flatMap({ Int($0) }) else { return nil }
            return Client(
                id: id, name: value("name") ?? "", isBlocked: value("flags")?.contains("b") ?? false,
                isOurs: value("name") == "chaos-harness")
        }.filter { !$0.isOurs }
    }

    /// Waits until none of the killed is there any more and others have come; returns how many others.
    private func replaced(_ killed: Set<Int>) async throws -> Int {
        let newest = killed.max() ?? 0
        return try await waitFor("new connections after CLIENT KILL", within: Self.patience) {
            let ids = try await clients().map(\.id)
            let new = ids.count { $0 > newest }
            return killed.isDisjoint(with: ids) && new > 0 ? new : nil
        }
    }

    private func runID() async throws -> String {
        let text = try await probe.insist("INFO", "server").text ?? ""
        return text.split(separator: "\r\n").first { $0.hasPrefix("run_id:") }.map(String.init) ?? ""
    }
}
