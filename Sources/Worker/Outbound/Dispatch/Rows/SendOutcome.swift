internal import SendPolicy

/// What came of an attempt, on its way into the rows.
struct SendOutcome: Sendable {
    enum Kind: Sendable {
        case ended(AttemptOutcome, SendChange)
        /// It was begun, and then not handed to Meta after all: as if it had never begun.
        case putBack
    }

    let id: String
    let tenant: Int64
    let attempt: Int32
    /// Whose the attempt is. What is undone frees its number for the next one, which this must not touch.
    let sender: String
    let kind: Kind
    var wamid: String?
    /// The WhatsApp id in Meta's answer.
    var recipientWaID: String?
    /// Meta's error code.
    var code: Int?
    /// Whether a turn for it is on its way, should it be queued again.
    var turnIsGiven = true
}
