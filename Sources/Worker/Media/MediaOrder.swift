internal import MediaFiles

/// A file that is to be fetched now, with all that the database knows of it.
struct MediaOrder: Sendable {
    let name: MediaName
    /// The number that it came to.
    let number: String
    let mediaID: String
    /// The message's type.
    let type: String
    /// As the webhook said.
    let mimeType: String?
    let sha256: String?
    /// Attempts that were made before.
    let attempts: Int
    /// Attempts of which nothing was heard again.
    let lost: Int
    let isExpired: Bool
    /// Nil where the tenant has no number any more, or was disabled.
    let config: MediaConfig?

    var kind: MediaKind { MediaKind(messageType: type, mimeType: mimeType.flatMap(MIMEType.init)) }
}

/// The tenant's number as it is set now.
struct MediaConfig: Sendable {
    let number: String
    let sealedToken: [UInt8]
    let version: Int64
    let isPaused: Bool
}
