import GraphSimulator
import TestSupport
import Testing

/// No webhook comes in for a while: what may have gone out is not sent again, neither meanwhile nor afterwards.
@Suite("Sends while intake is away", .timeLimit(.minutes(8 + RunSize.silentSeconds / 20))) struct SilentIntakeTests {
    private static let perSecond = 20
    private static let customers = 2_000

    @Test("with every twentieth answer lost and Ingress stopped, not one send is made twice, nor after it came back")
    func silence() async throws {
        let seconds = RunSize.silentSeconds
        let grace = max(2, seconds / 5)
        try await SendPath.run(
            statuses: .sent, environment: ["SEND_UNKNOWN_GRACE_SECONDS": "\(grace)"], customers: Self.customers
        ) { path in
            let port = try freePort()
            let ingress = try await path.deployment.startIngress(port: port)
            // As Meta: the longer nobody took it, the longer until a webhook is tried again.
            await path.simulator.postWebhooks(
                to: [IngressAddress(port: port)], appSecret: path.deployment.settings.appSecret,
                longestPause: .seconds(seconds))
            path.simulator.script(ScriptRule(.loseAnswer, probability: 0.05))
            path.simulator.script(ScriptRule(.cutAfter, probability: 0.05))
            _ = try await path.deployment.startWorker()
            try await path.push((0..<Self.perSecond).map { path.request("before-\($0)", to: $0) })
            try await path.waitForStatuses(["sent": Self.perSecond])

            try await ingress.stop()
            let posted = try await send(during: seconds, over: path)
            let summary = path.simulator.summary
            #expect(summary.posts == posted + Self.perSecond && summary.doubled == 0)
            #expect(summary.cut > 0 && summary.lost > 0)
            RunSize.tell("after \(seconds) s of silence: \(try await path.statuses()), \(summary)")

            try ingress.start()
            try await ingress.waitUntilReady()
            // New statuses come at once and show that intake lives, long before the old ones are tried again.
            try await path.push((0..<Self.perSecond).map { path.request("after-\($0)", to: $0) })
            let all = posted + 2 * Self.perSecond
            try await path.waitForStatuses(["sent": all], within: .seconds(2 * seconds + 3 * grace + 60))
            let end = path.simulator.summary
            #expect(end.posts == all && end.doubled == 0)
            #expect(try await path.deployment.sql("select max(attempts) from whatsapp_messages") == "1")
            RunSize.tell("in the end: \(try await path.statuses()), \(end)")
        }
    }

    /// Asks for some sends each second, and waits until Meta has been asked for all of them.
    /// - Returns: how many.
    private func send(during seconds: Int, over path: SendPath) async throws -> Int {
        let began = ContinuousClock.now
        var asked = 0
        for second in 1...seconds {
            try await path.push(
                (asked..<asked + Self.perSecond).map { path.request("Q-\($0)", to: $0 % Self.customers) })
            asked += Self.perSecond
            try await waitUntil("second \(second) is over", within: .seconds(second + 10), poll: .milliseconds(50)) {
                began.duration(to: .now) >= .seconds(second)
            }
        }
        let all = asked + Self.perSecond
        try await waitUntil("Meta was asked for all", within: .seconds(30)) { path.simulator.summary.posts >= all }
        return asked
    }
}
