/// What an archive or a discard did.
public enum ArchiveReport {
    public static func json(_ outcome: JobArchive.Outcome) -> JSONOutput {
        .object([("archived", .integer(Int64(outcome.archived))), ("gone", .integer(Int64(outcome.gone)))])
    }

    /// - Parameter verb: `archived` or `discarded`.
    public static func text(_ outcome: JobArchive.Outcome, verb: String) -> String {
        let line = "\(outcome.archived) job\(outcome.archived == 1 ? "" : "s") \(verb); see the table archived_jobs."
        return outcome.gone == 0 ? line : line + "\n\(outcome.gone) had been taken away by somebody else."
    }
}
