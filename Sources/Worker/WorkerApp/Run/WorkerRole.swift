/// A part of the Worker that can run in a process of its own.
enum WorkerRole: String, CaseIterable, Sendable {
    /// Stores what Meta's webhooks say.
    case inbound
    /// Sends what is asked for.
    case outbound
    /// Serves the pages and the API.
    case console
}
