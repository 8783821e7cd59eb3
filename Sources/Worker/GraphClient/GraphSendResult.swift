/// What is known after a message was handed to the Graph API.
public enum GraphSendResult: Sendable, Equatable {
    /// Meta took it; that is not yet "delivered".
    case accepted(GraphAcceptance)
    /// Meta, or something on the way, answered with an error; ``GraphRefusal/rule`` says what that means.
    case refused(GraphRefusal)
    /// Nothing of the request's head was written: certainly not sent.
    case notSent(reason: String)
    /// The request went out and no answer that says anything came back: it may have been sent.
    case unknown(reason: String)
}

/// Meta's answer to a message that it took.
public struct GraphAcceptance: Sendable, Equatable {
    /// Meta's id of the message.
    public var wamid: String
    /// The recipient's WhatsApp id; it may differ from the number asked for (Brazil, Mexico), or be absent.
    public var waID: String?
    /// The recipient's BSUID.
    public var userID: String?
    /// `accepted`, `held_for_quality_assessment` or `paused`; only for templates.
    public var messageStatus: String?
    public var usage: GraphUsage?

    public init(
        wamid: String, waID: String? = nil, userID: String? = nil, messageStatus: String? = nil,
        usage: GraphUsage? = nil
    ) {
        self.wamid = wamid
        self.waID = waID
        self.userID = userID
        self.messageStatus = messageStatus
        self.usage = usage
    }
}
