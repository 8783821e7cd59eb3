import GraphSimulator
import TestSupport
import Testing

/// `worker queue pause` on Workers as they are shipped: idle ones wait in a blocking command that does not look at it.
@Suite struct PauseTests {
    @Test("a pause is seen by every idle Worker within a second, and its end by itself", .timeLimit(.minutes(2)))
    func idle() async throws {
        try await MainPath.run { path in
            let deployment = path.deployment
            let ingress = try await deployment.startIngress()
            for _ in 0..<4 { _ = try await deployment.startWorker(["--only", "inbound"]) }
            for round in 0..<3 {
                // The pause's own clock, which is Redis': no start of a process lies in between.
                try await deployment.command.output("queue", "pause", "inbound", "--reason", "round \(round)")
                let second = try await Self.pausedSince(deployment) + 1_000
                try await waitUntil("a second to pass", within: .seconds(5)) {
                    try await Self.now(deployment) >= second
                }
                let count = 20
                let stored = try await path.messageCount()
                for index in 0..<count {
                    try await path.postUntilTaken(path.text("wamid.\(round).\(index)"), to: ingress)
                }
                // Longer than anybody who had not seen it would wait for a job.
                let looked = ContinuousClock.now + .milliseconds(1_500)
                try await waitUntil("a while to pass", within: .seconds(5)) { ContinuousClock.now > looked }
                let depths = try await deployment.depths()
                #expect(depths.ready >= count && depths.claimed == 0)
                #expect(try await path.messageCount() == stored)

                try await deployment.command.output("queue", "resume", "inbound")
                let resumed = ContinuousClock.now
                try await path.waitForMessages(stored + count)
                // By itself, and soon; how soon depends on how busy the machine is.
                #expect(resumed.duration(to: .now) < .seconds(10))
            }
        }
    }

    @Test("a pause stops Workers that are busy within a second", .timeLimit(.minutes(2)))
    func busy() async throws {
        try await MainPath.run { path in
            let deployment = path.deployment
            let ingress = try await deployment.startIngress()
            // Small hands, so that there is something left to be paused.
            let small = ["INBOUND_CONSUMERS": "1", "INBOUND_BATCH": "2"]
            for _ in 0..<2 { _ = try await deployment.startWorker(["--only", "inbound"], environment: small) }
            let flood = WebhookFlood(player: path.player, ports: [try #require(ingress.port)])
            try await deployment.command.output("queue", "pause", "inbound", "--reason", "to fill it")
            let count = 12_000
            try await flood.post((0..<count).map { path.text("wamid.\($0)") })
            try await deployment.command.output("queue", "resume", "inbound")
            try await waitUntil("some to be stored", poll: .milliseconds(5)) { try await path.messageCount() > 0 }
            try await deployment.command.output("queue", "pause", "inbound", "--reason", "in the middle")
            let second = try await Self.pausedSince(deployment) + 1_000
            try await waitUntil("a second to pass", within: .seconds(5)) { try await Self.now(deployment) >= second }
            let left = try await deployment.depths().ready
            #expect(left > 0, "all was stored before the pause")
            let looked = ContinuousClock.now + .seconds(1)
            try await waitUntil("a while to pass", within: .seconds(5)) { ContinuousClock.now > looked }
            #expect(try await deployment.depths().ready == left)
            try await deployment.command.output("queue", "resume", "inbound")
            try await path.waitForMessages(count, within: .seconds(100))
        }
    }

    /// Unix milliseconds by Redis' clock.
    private static func pausedSince(_ deployment: Deployment) async throws -> Int {
        let note = try await deployment.redis.cli("get", "wa:{inbound}:paused")
        let digits = note.firstRange(of: #""since":"#).map { note[$0.upperBound...].prefix { $0.isNumber } }
        guard let since = digits.flatMap({ Int($0) }) else { throw TestSupportError("no time in \(note)") }
        return since
    }

    private static func now(_ deployment: Deployment) async throws -> Int {
        let time = try await deployment.redis.cli("time").split(separator: "\n").compactMap { Int($0) }
        guard time.count == 2 else { throw TestSupportError("Redis did not tell the time") }
        return time[0] * 1_000 + time[1] / 1_000
    }
}
