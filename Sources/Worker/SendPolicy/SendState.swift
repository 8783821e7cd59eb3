/// What a decision needs to know of a message's row. Times in milliseconds.
public struct SendState: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// May go out as the tenant's template when the window is closed.
        case quoteLink
        case text
        /// Goes out whatever the window.
        case template
    }

    public var status: SendStatus
    public var kind: Kind
    /// Attempts begun so far, the present one included.
    public var attempts: Int
    /// From when its limits began to count until the present attempt began.
    public var age: Int64
    /// Refusals since then, without the present attempt's.
    public var tries: SendTries
    /// Until it may not be sent any more; nil: no end.
    public var expiresIn: Int64?
    public var onClosed: ClosedWindowPolicy?
    public var onUnknown: UnknownOutcomePolicy
    /// Whether the tenant has a template to fall back on.
    public var hasTemplate: Bool
    /// Whether the present attempt went out as a template.
    public var sentAsTemplate: Bool
    /// Resends after an unknown outcome so far.
    public var resends: Int
    /// How far another attempt than the present one has come that has not failed; nil where there is none. The customer
    /// has the message then, or gets it.
    public var standing: SendStatus?

    public init(
        status: SendStatus, kind: Kind = .quoteLink, attempts: Int = 1, age: Int64 = 0, tries: SendTries = SendTries(),
        expiresIn: Int64? = nil,
        onClosed: ClosedWindowPolicy? = nil, onUnknown: UnknownOutcomePolicy = .resend, hasTemplate: Bool = false,
        sentAsTemplate: Bool = false, resends: Int = 0, standing: SendStatus? = nil
    ) {
        self.status = status
        self.kind = kind
        self.attempts = attempts
        self.age = age
        self.tries = tries
        self.expiresIn = expiresIn
        self.onClosed = onClosed
        self.onUnknown = onUnknown
        self.hasTemplate = hasTemplate
        self.sentAsTemplate = sentAsTemplate
        self.resends = resends
        self.standing = standing
    }

    var isExpired: Bool { expiresIn.map { $0 <= 0 } ?? false }
}

/// What becomes of a send outside of the customer's 24 hours.
public enum ClosedWindowPolicy: String, Sendable, CaseIterable {
    case template
    /// It goes out by itself when the customer next writes.
    case wait
    case fail
}

/// What becomes of a send whose outcome nobody knows, once its grace is over.
public enum UnknownOutcomePolicy: String, Sendable, CaseIterable {
    /// Sent once more.
    case resend
    /// A person decides.
    case hold
}
