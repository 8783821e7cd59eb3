import OperationsKit
import QueueAdministration

/// The audit log for what must also work while Postgres is away: stopping a queue, above all.
struct CommandAudit {
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    /// Writes down what was done. If the database cannot be had, that is said on standard error and is no failure: what
    /// was done stays done.
    func record(_ action: String, _ detail: [(String, JSONOutput)]) async {
        let entry = AuditEntry(action: action, detail: .object(detail), origin: CommandOrigin.text)
        do {
            try await CommandDatabase(settings).transaction { session in try entry.write(in: session) }
        } catch {
            StandardStreams.writeError("done, but not written to the audit log: \(error)\n")
        }
    }
}
