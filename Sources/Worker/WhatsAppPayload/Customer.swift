/// The person at the other end, as far as one webhook tells. Any part may be missing.
public struct Customer: Sendable, Equatable {
    /// Business-scoped user id (BSUID), such as `US.13491208655302741918`.
    public var userID: String?
    /// The BSUID under the parent business, such as `US.ENT.11815799212886844830`.
    public var parentUserID: String?
    /// The WhatsApp id: digits without a plus. Text that is neither digits nor a BSUID stays as it was written.
    public var waID: String?
    public var profileName: String?
    public var username: String?

    /// Whether there is anything to know the person by.
    public var isIdentified: Bool { userID != nil || waID != nil }
}
