/// What sort of file a message brings: decides how large it may be and which types it may have.
///
/// Source: Meta's page "Media", supported media types. Its limits are MB; here they are MiB, so that nothing is refused
/// for how somebody counts.
public enum MediaKind: String, Sendable, CaseIterable {
    case image, sticker, audio, video, document

    /// - Parameters:
    ///   - type: the message's, as Meta wrote it. Of a type that is none of these (an edit, one that is new) the kind is
    ///     told by the file.
    ///   - mimeType: see ``MIMEType``.
    public init(messageType type: String, mimeType: MIMEType?) {
        if let known = MediaKind(rawValue: type) {
            self = known
            return
        }
        switch mimeType?.major {
        case "image": self = .image
        case "audio": self = .audio
        case "video": self = .video
        case _: self = .document
        }
    }

    /// In bytes.
    public var limit: Int64 {
        switch self {
        case .image: 5 * 1_024 * 1_024
        case .sticker: 500 * 1_024
        case .audio, .video: 16 * 1_024 * 1_024
        case .document: 100 * 1_024 * 1_024
        }
    }

    /// Whether a file of this type may come as this. A document may be anything that has a type at all: builders send
    /// drawings and archives, and it is only ever served as an attachment.
    public func allows(_ type: MIMEType) -> Bool {
        switch self {
        case .image: ["image/jpeg", "image/png", "image/webp", "image/gif"].contains(type.text)
        case .sticker: type.text == "image/webp"
        case .audio:
            [
                "audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/opus", "audio/x-m4a",
                "audio/wav", "audio/x-wav",
            ].contains(type.text)
        case .video: ["video/mp4", "video/3gpp", "video/3gp", "video/quicktime"].contains(type.text)
        case .document: true
        }
    }
}
