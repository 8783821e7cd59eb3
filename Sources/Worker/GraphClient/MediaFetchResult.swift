/// How the fetching of a file's bytes ended.
public enum MediaFetchResult: Sendable, Equatable {
    /// All of them came, as many as the answer had announced.
    case complete(mimeType: String?, size: Int64)
    /// An answer with an error; ``GraphRefusal/code`` is nil where it held none of Meta's.
    case refused(GraphRefusal)
    /// An answer that leads elsewhere. It is not followed: the token would go along.
    case redirected
    /// The address is not one of Meta's; nothing was sent there. The host is nil where none could be read.
    case foreignHost(String?)
    case tooLarge
    /// No answer, or not all of it.
    case broken(reason: String)
}
