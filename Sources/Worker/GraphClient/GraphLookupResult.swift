/// What the Graph API says about a number.
public enum GraphLookupResult: Sendable, Equatable {
    /// This token reads this number.
    case found(GraphNumber)
    case refused(GraphRefusal)
    /// No answer, or none that says anything; it can be asked again.
    case unreachable(reason: String)
}

/// A business phone number as Meta describes it.
public struct GraphNumber: Sendable, Equatable {
    public var id: String
    /// As Meta formats it, such as `+1 555-078-3881`.
    public var displayPhoneNumber: String?
    public var verifiedName: String?
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`
    public var qualityRating: String?

    public init(
        id: String, displayPhoneNumber: String? = nil, verifiedName: String? = nil, qualityRating: String? = nil
    ) {
        self.id = id
        self.displayPhoneNumber = displayPhoneNumber
        self.verifiedName = verifiedName
        self.qualityRating = qualityRating
    }
}
