import ChaosRun
import Testing

@Suite("Kill anywhere")
struct ChaosRunTests {
    @Test(
        "Whatever is killed, cut or paused, every accepted webhook is stored once, every quote link sent once",
        .timeLimit(.minutes(6)))
    func shortRun() async throws {
        var options = ChaosRun.Options(plan: .short)
        options.webhooksPerSecond = 60
        let report = try await ChaosRun.run(options)
        #expect(report.problems.isEmpty, "\(report.table)")
        #expect(report.lost == 0)
        #expect(report.duplicates == 0)
        #expect(report.accepted > 500)
        #expect(report.stored > 500)
        #expect(report.sentOnce > 150 && report.sendsLost == 0 && report.sendsDoubled == 0)
        for fault in FaultPlan.short.faults {
            #expect(report.faults[fault.kind, default: 0] > 0, "\(fault.kind) was not done")
        }
    }
}
