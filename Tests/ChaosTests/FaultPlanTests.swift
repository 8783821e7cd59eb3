import ChaosRun
import Testing

@Suite("A plan of faults")
struct FaultPlanTests {
    @Test("The seed alone decides", arguments: [1, 77, UInt64.max])
    func seed(_ seed: UInt64) {
        let plan = FaultPlan(seed: seed, length: .seconds(300))
        #expect(plan == FaultPlan(seed: seed, length: .seconds(300)))
        #expect(plan.faults != FaultPlan(seed: seed &+ 1, length: .seconds(300)).faults)
    }

    @Test("In five minutes every kind happens, in order, and none begins too late", arguments: 1...50)
    func everyKind(_ seed: Int) {
        let plan = FaultPlan(seed: UInt64(seed), length: .seconds(300))
        #expect(Set(plan.faults.map(\.kind)) == Set(FaultKind.allCases))
        #expect(plan.faults.map(\.at) == plan.faults.map(\.at).sorted())
        #expect(plan.faults.allSatisfy { $0.at >= .zero && $0.at < .seconds(300) })
    }

    @Test("At least two Workers are left alone at any one time, and each stays so for a lease", arguments: 1...50)
    func survivors(_ seed: Int) {
        let workers = FaultPlan(seed: UInt64(seed), length: .seconds(600)).faults.filter { $0.kind.subject == .worker }
        for fault in workers {
            let overlapping = workers.filter { $0.at <= fault.at && fault.at < $0.at + $0.length + .seconds(10) }
            #expect(Set(overlapping.map(\.target)).count == overlapping.count)
            #expect(overlapping.count <= 2)
        }
    }

    @Test("Only the Worker behind the proxy falls silent", arguments: 1...50)
    func silence(_ seed: Int) {
        let silent = FaultPlan(seed: UInt64(seed), length: .seconds(300)).faults.filter { $0.kind == .workerSilence }
        #expect(silent.allSatisfy { $0.target == FaultPlan.silencedWorker })
    }

    @Test("The short mix kills a Worker, Redis and Postgres and cuts connections")
    func shortMix() {
        let kinds = Set(FaultPlan.short.faults.map(\.kind))
        #expect(kinds.isSuperset(of: [.workerKill, .redisKill, .postgresKill, .clientKill]))
        #expect(FaultPlan.short.length <= .seconds(40))
    }
}
