import Identifiers
import Synchronization

/// What really happened during a run, for the verdict to compare with what the system shows. Times are Unix milliseconds.
final class RunHistory: Sendable {
    /// A Worker that was killed, stopped beyond its lease, or ended with jobs left in its list.
    struct Death: Sendable {
        let workers: [String]
        let at: Int64
        let held: Set<HeldJob>
    }

    /// A time during which Redis or Postgres, which everyone needs, was disturbed.
    struct Disturbance: Sendable {
        let from: Int64
        let to: Int64
    }

    struct Facts: Sendable {
        var deaths: [Death] = []
        /// When a process ended, by its pid.
        var ended: [Int32: Int64] = [:]
        /// From when to when a process stood still, by its pid.
        var stops: [Int32: [ClosedRange<Int64>]] = [:]
        var disturbances: [Disturbance] = []
        var done: [FaultKind: Int] = [:]
        var problems: [String] = []
        /// Services that a fault is busy with, by name.
        var inTreatment: Set<String> = []
    }

    private let state = Mutex(Facts())

    var facts: Facts { state.withLock { $0 } }

    func died(_ workers: [String], at: Int64, holding held: Set<HeldJob>) {
        state.withLock { $0.deaths.append(Death(workers: workers, at: at, held: held)) }
    }

    func ended(_ pid: Int32) {
        state.withLock { $0.ended[pid] = UnixClock.milliseconds() }
    }

    func stood(_ pid: Int32, from: Int64, to: Int64) {
        state.withLock { $0.stops[pid, default: []].append(from...max(from, to)) }
    }

    func disturbed(from: Int64) {
        state.withLock { $0.disturbances.append(Disturbance(from: from, to: UnixClock.milliseconds())) }
    }

    func done(_ kind: FaultKind) {
        state.withLock { $0.done[kind, default: 0] += 1 }
    }

    func problem(_ text: String) {
        state.withLock { $0.problems.append(text) }
    }

    /// - Returns: Whether the service is the caller's; false while another fault is busy with it.
    func beginTreating(_ service: String) -> Bool {
        state.withLock { $0.inTreatment.insert(service).inserted }
    }

    func endTreating(_ service: String) {
        state.withLock { _ = $0.inTreatment.remove(service) }
    }
}
