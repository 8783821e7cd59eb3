/// A tenant as listings show it. Never holds a token.
public struct TenantSummary: Sendable, Equatable {
    public let id: TenantID
    public let name: String
    /// Microseconds since 1970.
    public let createdAt: Int64
    /// Microseconds since 1970; nil: not disabled.
    public let disabledAt: Int64?
    /// Nil where the tenant has no number.
    public let number: Number?

    public struct Number: Sendable, Equatable {
        public let phoneNumberID: String
        public let wabaID: String?
        public let isActive: Bool
        public let status: String
        public let statusReason: String?
        public let tokenLast4: String?
        /// Microseconds since 1970.
        public let tokenSetAt: Int64
    }
}
