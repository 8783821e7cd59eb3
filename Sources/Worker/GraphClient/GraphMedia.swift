/// What the Graph API says about a file that came with a message.
///
/// Source: Meta's page "Media", retrieve media URL.
public struct GraphMedia: Sendable, Equatable {
    /// Where it can be fetched with the access token, for five minutes.
    public var url: String
    public var mimeType: String?
    /// Of the file's bytes, in hexadecimal digits or in base64.
    public var sha256: String?
    /// In bytes.
    public var size: Int64?

    public init(url: String, mimeType: String? = nil, sha256: String? = nil, size: Int64? = nil) {
        self.url = url
        self.mimeType = mimeType
        self.sha256 = sha256
        self.size = size
    }
}

/// The answer to the question where a file is.
public enum GraphMediaResult: Sendable, Equatable {
    case found(GraphMedia)
    case refused(GraphRefusal)
    /// No answer, or none that says anything; it can be asked again.
    case unreachable(reason: String)
}
