import GraphSimulator
import TestSupport
import Testing

/// Meta refuses, cuts and forgets to answer, and Workers are killed: each message still goes out exactly once.
@Suite("Sends among faults", .timeLimit(.minutes(8 + RunSize.sends / 1_000))) struct SendFaultTests {
    private static let count = RunSize.sends
    /// Until all are done: so many and a good minute of retries and graces.
    private static let patience: Duration = .seconds(240 + count / 25)

    @Test("every message is taken exactly once while first attempts fail and Workers are killed")
    func exactlyOnce() async throws {
        try await SendPath.run(
            statuses: StatusPlan(["sent", "delivered"], batch: 20), environment: ["SEND_UNKNOWN_GRACE_SECONDS": "60"],
            customers: Self.count
        ) { path in
            try await path.startIntake()
            faults(of: path.simulator)
            try await path.askByOutbox(Self.count, named: "Q")
            try await killWorkers(of: path, until: Self.count)
            try await path.waitForStatuses(["delivered": Self.count], within: Self.patience)
            let taken = path.simulator.takenByMessage
            #expect(taken.count == Self.count && taken.values.allSatisfy { $0 == 1 })
            let summary = path.simulator.summary
            RunSize.tell("exactly once: \(summary)")
            #expect(summary.cut > 0 && summary.lost > 0 && summary.refused[130_429, default: 0] > 0)
            // Statuses can end a message before the turns of a Worker killed last are recovered.
            try await waitUntil("no turn is held", within: .seconds(60)) {
                try await path.deployment.depths("outbound").claimed == 0
            }
        }
    }

    @Test("held when in doubt and without statuses, none is taken twice, and the rest says why")
    func held() async throws {
        try await SendPath.run(
            statuses: .none, environment: ["SEND_UNKNOWN_GRACE_SECONDS": "1"], customers: Self.count
        ) { path in
            try await path.startIntake()
            faults(of: path.simulator)
            try await path.askByOutbox(Self.count, named: "Q", more: #","on_unknown":"hold""#)
            try await killWorkers(of: path, until: Self.count * 9 / 10)
            try await waitUntil("nothing is queued or under way", within: Self.patience) {
                let statuses = try await path.statuses()
                return statuses["queued"] == nil && statuses["sending"] == nil
            }
            #expect(path.nothingWasDoubled)
            let statuses = try await path.statuses()
            let unknown = try #require(statuses["unknown"])
            #expect(statuses["accepted", default: 0] + unknown == Self.count, "\(statuses)")
            RunSize.tell("held: \(statuses), \(path.simulator.summary)")
            #expect(
                try await path.deployment.sql(
                    "select count(*) from whatsapp_messages where status = 'unknown' and reason is not null")
                    == "\(unknown)")
        }
    }

    /// Each strikes a message's first attempt only.
    private func faults(of simulator: GraphSimulator) {
        simulator.script(ScriptRule(.refuse(GraphError(code: 130_429)), probability: 0.05, firstAttemptOnly: true))
        simulator.script(ScriptRule(.cutAfter, probability: 0.05, firstAttemptOnly: true))
        simulator.script(ScriptRule(.loseAnswer, probability: 0.02, firstAttemptOnly: true))
        simulator.script(ScriptRule(.take, latencyMilliseconds: 50))
    }

    /// Two Workers, of which one or the other is killed and started again, at random moments while the sends go on.
    private func killWorkers(of path: SendPath, until taken: Int) async throws {
        let workers = [try await path.deployment.startWorker(), try await path.deployment.startWorker()]
        let kills = max(4, taken / 1_000)
        for moment in (0..<kills).map({ _ in Int.random(in: taken / 20...taken * 9 / 10) }).sorted() {
            try await waitUntil("\(moment) are taken", within: Self.patience, poll: .milliseconds(5)) {
                path.simulator.summary.messages >= moment
            }
            guard let worker = workers.randomElement() else { return }
            try await worker.kill()
            try worker.start()
        }
        RunSize.tell("\(kills) Workers were killed")
    }
}
