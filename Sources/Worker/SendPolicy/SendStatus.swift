/// How far an outbound message has come, as its row says.
public enum SendStatus: String, Sendable, CaseIterable {
    /// Waits for its turn: for the first time, for a retry, or for the customer's window to open.
    case queued
    /// Handed to Meta, or about to be; the answer is not there yet.
    case sending
    /// Meta took it.
    case accepted
    case sent, delivered, read, played
    /// Certainly not sent, and it never will be.
    case failed
    /// Its time ran out before it was sent.
    case expired
    case cancelled
    /// It may have been sent or not.
    case unknown

    /// How far along; statuses only move forward. `failed` sticks to its attempt, `unknown` yields to any. The function
    /// `whatsapp_status_rank` in the schema says the same.
    public var rank: Int {
        switch self {
        case .unknown: 0
        case .queued: 1
        case .sending: 2
        case .accepted: 3
        case .sent: 4
        case .delivered: 5
        case .read: 6
        case .played: 7
        case .failed: 100
        case .expired, .cancelled: -1
        }
    }

    /// Whether the customer's side has it, or Meta is bringing it there.
    public var isOnItsWay: Bool {
        switch self {
        case .sent, .delivered, .read, .played: true
        case .queued, .sending, .accepted, .failed, .expired, .cancelled, .unknown: false
        }
    }
}
