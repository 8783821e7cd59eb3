internal import OpenSSLKit

/// How an attempt to fetch a file ended.
enum MediaOutcome: Sendable {
    /// It is under its name.
    case stored(MediaReceipt)
    /// Not this time. It costs one of the attempts; of some faults there are fewer.
    /// - Parameter wait: milliseconds that the other side asked for.
    case again(MediaReason, wait: Int64?, limit: Int?)
    /// Not now, for a reason that is not the file's: no attempt is spent.
    case later(MediaReason, wait: Int64)
    /// Never.
    case failed(MediaReason)
    /// Nothing can be fetched for this number until a person has acted; the words are for the number's settings.
    case pause(String)
}

/// What was stored.
struct MediaReceipt: Sendable, Equatable {
    let size: Int64
    let digest: SHA256Digest
    /// Without parameters.
    let mimeType: String
}
