/// Which apps get the webhooks of a WhatsApp Business Account.
public enum GraphSubscriptionResult: Sendable, Equatable {
    /// Empty: none does, and no message of a customer arrives.
    case apps([GraphApp])
    case refused(GraphRefusal)
    /// No answer, or none that says anything; it can be asked again.
    case unreachable(reason: String)
}

/// A Meta app.
public struct GraphApp: Sendable, Equatable {
    public var id: String?
    public var name: String?

    public init(id: String? = nil, name: String? = nil) {
        self.id = id
        self.name = name
    }
}
