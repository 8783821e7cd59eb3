/// What a replay did, or would do.
public enum ReplayReport {
    public static func json(_ outcome: JobReplay.Outcome, dryRun: Bool) -> JSONOutput {
        .object([
            ("dry_run", .bool(dryRun)), ("matched", .integer(Int64(outcome.matched))),
            ("moved", .integer(Int64(outcome.moved))), ("gone", .integer(Int64(outcome.gone))),
            ("left_alone", .integer(Int64(outcome.leftAlone))), ("sample", .list(outcome.sample.map { .raw($0) })),
        ])
    }

    public static func text(_ outcome: JobReplay.Outcome, dryRun: Bool) -> String {
        var lines: [String] = []
        let movable = outcome.matched - outcome.leftAlone
        lines.append(
            dryRun
                ? "\(movable) dead letter\(movable == 1 ? "" : "s") would be replayed."
                : "\(outcome.moved) of \(outcome.matched) dead letters replayed.")
        if outcome.gone > 0 { lines.append("\(outcome.gone) had been taken away by somebody else.") }
        if outcome.leftAlone > 0 {
            lines.append("\(outcome.leftAlone) cannot run again (unreadable, or of another version) and stay dead.")
        }
        if dryRun, !outcome.sample.isEmpty { lines += ["The first of them:"] + outcome.sample }
        return lines.joined(separator: "\n")
    }
}
