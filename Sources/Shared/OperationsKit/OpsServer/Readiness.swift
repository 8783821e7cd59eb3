/// Whether a process can do its work right now.
public enum Readiness: Sendable, Equatable {
    case ready
    /// Why not, in plain words for the operator; shown at `/ready`, so without any secret.
    case notReady(String)
}
