public import OutboundLanes

/// What became of an order.
public enum Submission: Sendable, Equatable {
    /// A message was written. The turn is to be pushed after the commit; nil while its time has not come.
    case new(SubmittedMessage, turn: Turn?)
    /// The same request was made before under the same key.
    case same(SubmittedMessage)
    /// The key stands for another request already.
    case conflict(SendConflict)
    case refused(SendRefusal)

    /// The message that answers the order; nil where it is refused.
    public var message: SubmittedMessage? {
        switch self {
        case .new(let message, _), .same(let message): message
        case .conflict, .refused: nil
        }
    }

    public var turn: Turn? {
        switch self {
        case .new(_, let turn): turn
        case .same, .conflict, .refused: nil
        }
    }
}

public struct SubmittedMessage: Sendable, Equatable {
    /// A ULID.
    public let id: String
    public let status: String
}

/// A key that stands for another request.
public struct SendConflict: Sendable, Equatable, CustomStringConvertible {
    public let key: String
    /// The key as others than the caller may read it: without the recipient.
    public let shownKey: String
    /// The message that was made under the key.
    public let messageID: String
    /// Its status.
    public let status: String
    /// The fields of the two requests that differ.
    public let fields: [String]

    public var description: String {
        "the idempotency key \(shownKey) stands for message \(messageID) (\(status)) already, whose request differs in "
            + fields.joined(separator: ", ")
    }

    /// The conflict told as a refusal.
    public func refusal(field: String) -> SendRefusal {
        SendRefusal(.keyConflict, field, description)
    }
}
