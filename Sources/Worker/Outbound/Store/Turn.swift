internal import OpenSSLKit

/// A send's turn: names the message's row and what decides when it may go. It may be lost or doubled without harm.
public struct Turn: Sendable, Equatable {
    /// The message's id, a ULID.
    public var messageID: String
    /// The tenant's id, as text.
    public var tenant: String
    /// The `phone_number_id` that sends.
    public var number: String
    /// Tells the recipient from others without naming them.
    public var recipientKey: String
    public var type: String

    public init(messageID: String, tenant: String, number: String, recipientKey: String, type: String) {
        self.messageID = messageID
        self.tenant = tenant
        self.number = number
        self.recipientKey = recipientKey
        self.type = type
    }

    /// The first 16 hexadecimal digits of the SHA-256 of `+E.164` or a BSUID.
    public static func recipientKey(of recipient: String) -> String {
        String(SHA256.hash(recipient).hex.prefix(16))
    }
}
