import GraphSimulator

/// What a run showed: what was done, what came of it, and what was wrong.
public struct ChaosReport: Sendable {
    public let seed: UInt64
    /// How often each kind of fault was done, with its effect seen.
    public let faults: [FaultKind: Int]
    public let accepted: Int
    public let stored: Int
    public let duplicates: Int
    public let lost: Int
    /// From a Worker's death to the rerun of the jobs it held, in milliseconds; nil if none held any.
    public let recoveryP99: Int64?
    /// Quote links that were taken exactly once, and are known to be.
    public let sentOnce: Int
    /// Sent once more after an outcome nobody could know, visibly.
    public let sentTwice: Int
    public let sendsLost: Int
    /// Taken more often than their rows say.
    public let sendsDoubled: Int
    /// What was wrong, each in a sentence; empty if nothing was.
    public let problems: [String]
    /// All of it for people to read.
    public let table: String

    init(
        plan: FaultPlan, verdict: Verdict, evidence: Evidence, refusals: (byStatus: [Int: Int], unanswered: Int),
        sends: SendVerdict, summary: SimulatorSummary
    ) {
        seed = plan.seed
        faults = evidence.history.done
        accepted = verdict.accepted
        stored = verdict.stored
        duplicates = verdict.duplicates
        lost = verdict.lost
        recoveryP99 = verdict.percentile(99)
        problems = verdict.problems + sends.problems
        sentOnce = sends.sentOnce
        sentTwice = sends.visiblyTwice
        sendsLost = sends.lost
        sendsDoubled = sends.duplicates

        var lines = ["", "Faults, each with its effect seen"]
        func row(_ name: String, _ value: String) {
            lines.append("  " + name + String(repeating: " ", count: max(1, 34 - name.count)) + value)
        }
        for kind in FaultKind.allCases {
            let planned = plan.faults.count { $0.kind == kind }
            if planned > 0 {
                row(kind.rawValue, "\(faults[kind] ?? 0)" + (faults[kind] == planned ? "" : " of \(planned)"))
            }
        }
        let sent = evidence.sent.values
        let planted = sent.count { if case .planted = $0.way { true } else { false } }
        lines.append("Ledger")
        row("webhooks and retries sent", "\(sent.count) (\(planted) of them retries)")
        row("accepted", "\(verdict.accepted)")
        let poison = sent.count { $0.content == .poison && $0.acceptances > 0 }
        row("stored", "\(verdict.stored), and \(verdict.storedUnaccepted) whose acknowledgement was lost")
        row("no JSON", "\(poison), buried as \(verdict.buried) jobs")
        row("buried as crash-loop", "\(verdict.crashLooped)")
        row("duplicates", "\(verdict.duplicates)")
        row("lost", "\(verdict.lost)")
        let repeated = sent.reduce(0) { $0 + max(0, $1.posts - 1) }
        let refused = refusals.byStatus.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        row(
            "posted again",
            "\(repeated) (\((refused + ["unanswered: \(refusals.unanswered)"]).joined(separator: ", ")))")
        lines.append("Sends")
        row("quote links acknowledged", "\(sends.acknowledged)")
        row("taken exactly once", "\(sends.sentOnce), and \(sends.unacknowledged) whose asking was not acknowledged")
        row("held for a person", "\(sends.held), of which \(sends.heldAndTaken) were taken once")
        row("visibly once more", "\(sends.visiblyTwice)")
        row("duplicates", "\(sends.duplicates)")
        row("lost", "\(sends.lost)")
        let codes = summary.refused.sorted { $0.key < $1.key }.map { ", \($0.key): \($0.value)" }.joined()
        row("Meta's faults", "cut: \(summary.cut), answers lost: \(summary.lost)\(codes)")
        lines.append("Workers")
        let deaths = evidence.history.deaths
        row("deaths, and jobs held then", "\(deaths.count), \(deaths.reduce(0) { $0 + $1.held.count })")
        let times = [50, 99, 100].map { verdict.percentile($0).map { "\((Double($0) / 1_000).formatted1)" } ?? "-" }
        row("death to rerun, p50 / p99 / max", times.joined(separator: " / ") + " s (\(verdict.recoveries.count) jobs)")
        row("looks at the whole queue", "\(evidence.seen.samples)")
        row("seed", "\(plan.seed)")
        if !problems.isEmpty {
            lines.append("WRONG")
            lines += problems.map { "  - \($0)" }
        }
        table = lines.joined(separator: "\n")
    }
}
