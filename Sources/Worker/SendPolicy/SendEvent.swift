/// Something that happened to a send.
public enum SendEvent: Sendable, Equatable {
    /// Meta took it.
    case accepted
    /// Meta, or what answered in its place, refused it. `retryAfter` is what it asked for, in milliseconds.
    case refused(SendErrorRule, retryAfter: Int64?)
    /// Nothing of the request was written: certainly not sent.
    case notSent(String)
    /// The request went out, and nothing that says anything came back.
    case lost(String)
    /// The worker that was sending it is gone.
    case ownerDied
    /// A status webhook said that this attempt has failed.
    case reportedFailed(SendErrorRule)
    /// A status webhook said how far this attempt has come.
    case reported(SendStatus, attempt: Int)
    /// The grace of an unknown outcome is over, as ``UnknownGrace`` says.
    case graceOver(intakeLives: Bool)
    /// The customer's window is closed at the moment of sending.
    case windowClosed
    case expired
}
