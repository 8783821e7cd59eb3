/// One message: a customer's, or an echo of one that the business itself sent from its app.
public struct InboundMessage: Sendable {
    public enum Direction: Sendable {
        case inbound
        /// Of `smb_message_echoes` and `message_echoes`: our own words. Not to be answered, and no window opens by it.
        case echo
    }

    public let wabaID: String?
    public let phoneNumberID: String?
    public let displayPhoneNumber: String?
    /// WhatsApp's id of the message; never empty, at most 512 bytes.
    public let wamid: String
    public let direction: Direction
    /// As Meta wrote it; told by the body where it is missing, else `unknown`.
    public let type: String
    /// The words of the message, or words for it such as `[location] Main St 1`. Of an edit: the new words.
    public let text: String
    public let media: MediaReference?
    public let context: MessageContext?
    /// The sender of an inbound message, the receiver of an echo.
    public let customer: Customer
    public let groupID: String?
    /// Seconds since 1970; nil where Meta's is missing or no time.
    public let timestamp: Int64?
    /// What this message does to another one.
    public let change: MessageChange?
    /// What this message tells about the customer's identity.
    public let systemChange: SystemChange?
    public let errors: [ReportedError]
    public let raw: RawJSON
}

/// A message that changes another, which may not have come yet. Targets are wamids.
public enum MessageChange: Sendable, Equatable {
    /// Nil takes an earlier reaction away.
    case reaction(target: String, emoji: String?)
    /// The message's text and media replace the target's.
    case edit(target: String)
    case revoke(target: String)

    public var target: String {
        switch self {
        case .reaction(let target, _), .edit(let target), .revoke(let target): target
        }
    }
}

public struct MediaReference: Sendable, Equatable {
    /// For `GET /<media id>`; valid for 7 days.
    public let id: String?
    public let mimeType: String?
    /// Base64 as Meta writes it.
    public let sha256: String?
    public let filename: String?
    /// Needs the access token.
    public let url: String?
    /// A recording made in the chat, not a file.
    public let voice: Bool
    public let animated: Bool
}

public struct MessageContext: Sendable, Equatable {
    /// The wamid of the message that this one answers.
    public let repliedTo: String?
    public let from: String?
    public let forwarded: Bool
    public let frequentlyForwarded: Bool
    public let referredCatalogID: String?
    public let referredProductID: String?
}

/// A `system` message's news about a customer's identity.
public struct SystemChange: Sendable, Equatable {
    public enum Kind: String, Sendable {
        case numberChanged = "user_changed_number"
        case userIDChanged = "user_changed_user_id"
        case identityChanged = "customer_identity_changed"
    }

    public let kind: Kind
    public let oldWaID: String?
    public let newWaID: String?
    /// Sent since 2026-08-11; without it nothing ties the new id to the old one.
    public let previousUserID: String?
    public let newUserID: String?
    public let previousParentUserID: String?
    public let newParentUserID: String?
    /// Of `customer_identity_changed`: the new identity's hash.
    public let identityHash: String?
}
