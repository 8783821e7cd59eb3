/// A person who writes to a business.
public struct Customer: Sendable, Equatable {
    public var name: String
    /// The phone number in digits; nil for one who hides it behind a username.
    public var waID: String?
    /// The business-scoped user id (BSUID), `CC.` and up to 128 letters and digits; absent in older webhooks.
    public var userID: String?
    public var username: String?

    public init(name: String, waID: String?, userID: String? = nil, username: String? = nil) {
        self.name = name
        self.waID = waID
        self.userID = userID
        self.username = username
    }
}
