import JobQueue

/// All that the verdict is found from: what was sent, what was done to the system, what was seen meanwhile, and what is
/// there at the end.
struct Evidence: Sendable {
    var sent: [String: SentItem]
    var stored: StoredItems
    var history: RunHistory.Facts
    var seen: QueueWatch.Findings
    /// The queue at the end; nil if it was never quiet.
    var last: QueueSample
    var dead: [JobElement]
    /// Worker ids that are alive at the end.
    var living: [String]
    /// When each of the others departed, in Unix milliseconds.
    var departed: [String: Double]
    /// The pids of the Workers that run at the end.
    var running: Set<Int32>
}
