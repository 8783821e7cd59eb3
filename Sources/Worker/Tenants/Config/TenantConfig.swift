/// A tenant's WhatsApp settings as they may be shown. Never holds a token.
public struct TenantConfig: Sendable, Equatable {
    /// What goes with a quote's link where neither the request nor the tenant says anything.
    public static let standardBody = "Your quote is ready."

    public var phoneNumberID: String
    public var wabaID: String?
    public var displayPhoneNumber: String?
    /// False: messages come in as always, and none are sent.
    public var isActive: Bool
    /// `active`, or `paused` with the reason.
    public var status: String
    public var statusReason: String?
    public var throttlePerSecond: Int32
    public var template: MessageTemplate?
    /// Nil: ``standardBody``.
    public var defaultBody: String?
    /// Empty: any.
    public var linkHosts: [String]
    public var accessToken: SavedToken
    /// Grows with each change.
    public var version: Int64

    /// What may be told about a token after it was saved.
    public struct SavedToken: Sendable, Equatable {
        public var last4: String?
        /// Microseconds since 1970.
        public var setAt: Int64
        public var setBy: String
    }

    /// The template for messages outside of the customer's 24 hours.
    public struct MessageTemplate: Sendable, Equatable {
        public var name: String
        public var language: String

        public init(name: String, language: String) {
            self.name = name
            self.language = language
        }
    }
}
