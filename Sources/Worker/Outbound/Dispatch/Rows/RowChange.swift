internal import SendPolicy

/// A decided change on its way into a message's row.
struct RowChange: Sendable {
    let id: String
    /// The attempt that it was decided for: a row that has gone on since stays as it is.
    let attempt: Int32
    let from: SendStatus
    let change: SendChange
    /// Whether a turn for it is on its way; without one the sweep gives it one when it is due.
    var turnIsGiven = false
    /// Moves it to another number of its tenant.
    var number: String?
    /// What becomes of the attempt's own row; nil leaves it.
    var outcome: AttemptOutcome?
    /// Meta's error code.
    var code: Int?
}

/// How an attempt ended, as its row says.
enum AttemptOutcome: String, Sendable {
    case accepted, refused
    case notSent = "not_sent"
    case unknown
    /// Taken by Meta, and a status said later that it failed.
    case failed
}
