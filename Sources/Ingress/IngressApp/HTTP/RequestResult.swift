/// How a request ended: the label `result` of `quoteline_ingress_requests_total`.
enum RequestResult: Int, CaseIterable {
    /// In the queue, acknowledged by Redis.
    case accepted
    case badSignature
    case missingSignature
    case tooLarge
    /// Too many bytes in flight, or too many connections.
    case shed
    case redisError
    case handshake
    case handshakeRefused
    /// Another path, or another method on the webhook's path.
    case notFound
    case badRequest
    /// Header or body did not arrive in time.
    case timeout
    /// The sender went away before its request was complete.
    case aborted

    var label: String {
        switch self {
        case .accepted: "accepted"
        case .badSignature: "bad_signature"
        case .missingSignature: "missing_signature"
        case .tooLarge: "too_large"
        case .shed: "shed"
        case .redisError: "redis_error"
        case .handshake: "handshake"
        case .handshakeRefused: "handshake_refused"
        case .notFound: "not_found"
        case .badRequest: "bad_request"
        case .timeout: "timeout"
        case .aborted: "aborted"
        }
    }
}
