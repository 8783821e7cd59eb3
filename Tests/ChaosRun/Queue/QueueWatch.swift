import Identifiers
import Synchronization

/// Looks at the whole queue several times a second for as long as the run lasts, and keeps what must never be seen.
final class QueueWatch: Sendable {
    struct Findings: Sendable {
        var samples = 0
        /// The most crashes seen on each job.
        var crashes: [String: Int] = [:]
        /// For each job the attempts that were seen on it.
        var attempts: [String: Set<Int>] = [:]
        var doubled: Set<String> = []
        var unowned: Set<String> = []
        /// When each claimed list was first seen without a job after it had held some, in Unix milliseconds; a list that
        /// fills again begins anew.
        var emptied: [String: Int64] = [:]
        var holding: Set<String> = []
    }

    private let probe: QueueProbe
    private let findings = Mutex(Findings())

    init(probe: QueueProbe) {
        self.probe = probe
    }

    var found: Findings { findings.withLock { $0 } }

    /// Looks until cancelled; while Redis is away it cannot.
    func run() async {
        while !Task.isCancelled {
            if let sample = try? await probe.sample() { note(sample, now: UnixClock.milliseconds()) }
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
        }
    }

    func note(_ sample: QueueSample, now: Int64) {
        findings.withLock { found in
            found.samples += 1
            found.doubled.formUnion(sample.doubled)
            found.unowned.formUnion(sample.unowned)
            for job in sample.marked {
                found.crashes[job.id] = max(found.crashes[job.id, default: 0], job.crashes)
                found.attempts[job.id, default: []].insert(job.attempt)
            }
            let holding = Set(sample.claimed.filter { $0.value > 0 }.keys)
            for owner in found.holding.subtracting(holding) { found.emptied[owner] = now }
            for owner in holding { found.emptied[owner] = nil }
            found.holding = holding
        }
    }
}
