import ChaosRun
import Testing

@Suite("Kill anywhere")
struct ChaosRunTests {
    @Test("Whatever is killed, cut or paused, every accepted webhook is stored once", .timeLimit(.minutes(4)))
    func shortRun() async throws {
        var options = ChaosRun.Options(plan: .short)
        options.webhooksPerSecond = 60
        let report = try await ChaosRun.run(options)
        #expect(report.problems.isEmpty, "\(report.table)")
        #expect(report.lost == 0)
        #expect(report.duplicates == 0)
        #expect(report.accepted > 500)
        #expect(report.stored > 500)
        for fault in FaultPlan.short.faults {
            #expect(report.faults[fault.kind, default: 0] > 0, "\(fault.kind) was not done")
        }
    }
}
