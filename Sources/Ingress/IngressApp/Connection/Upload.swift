import JobQueue
import NIOCore
import WebhookSignature

/// A webhook whose body is being received.
struct Upload {
    let head: WebhookHead
    let ticket: Int
    /// Nil if the body is chunked.
    let contentLength: Int?
    /// Hashed as it arrives.
    var signature: WebhookSignatureVerifier.BodySignature
    var payload: JobPayload
    /// Bytes so far; so many are taken from the budget.
    var received = 0

    /// How many more bytes the sender may send; `.max` when nobody knows.
    var remaining: Int {
        contentLength.map { max(0, $0 - received) } ?? .max
    }
}
