import NIOCore

/// What a request is answered with.
enum Answer: Equatable {
    /// 200 with an empty body: Redis has the webhook.
    case accepted
    /// 200 with the handshake's challenge, byte for byte.
    case challenge(ByteBuffer)
    case refusal(Refusal)

    var result: RequestResult {
        switch self {
        case .accepted: .accepted
        case .challenge: .handshake
        case .refusal(let refusal): refusal.result
        }
    }

    /// Whether nothing that follows on the connection can be trusted (RFC 9112, section 11.2: request smuggling).
    var endsConnection: Bool {
        if case .refusal(.malformed) = self { return true }
        return false
    }
}

/// Every way in which a request is turned down.
enum Refusal: Equatable {
    /// RFC 9112, section 3.2, or whatever the HTTP parser refuses.
    case malformed(String)
    /// The sender ended the connection within the request.
    case incomplete
    case missingSignature
    case badSignature
    case handshakeIncomplete(String)
    case handshakeRefused
    case notFound
    case methodNotAllowed
    case timedOut
    case bodyTooLarge(limit: Int)
    case expectationFailed
    case headersTooLarge
    /// Redis did not acknowledge the push.
    case queueUnavailable
    /// `INGRESS_MAX_INFLIGHT_BYTES` are held already.
    case tooManyBytes
    case tooManyConnections

    /// After how many seconds Meta may come again; it retries for seven days anyway.
    static let retryAfterSeconds = 5

    /// Status line without the version (RFC 9110, section 15; 431: RFC 6585).
    var status: StaticString {
        switch self {
        case .malformed, .incomplete, .handshakeIncomplete: "400 Bad Request"
        case .missingSignature, .badSignature: "401 Unauthorized"
        case .handshakeRefused: "403 Forbidden"
        case .notFound: "404 Not Found"
        case .methodNotAllowed: "405 Method Not Allowed"
        case .timedOut: "408 Request Timeout"
        case .bodyTooLarge: "413 Content Too Large"
        case .expectationFailed: "417 Expectation Failed"
        case .headersTooLarge: "431 Request Header Fields Too Large"
        case .queueUnavailable, .tooManyBytes, .tooManyConnections: "503 Service Unavailable"
        }
    }

    /// One line for the person who looks at the sender's log.
    var text: String {
        switch self {
        case .malformed(let reason): reason
        case .incomplete: "the connection ended within the request"
        case .missingSignature: "the X-Hub-Signature-256 header is missing"
        case .badSignature: "the X-Hub-Signature-256 header does not match the body"
        case .handshakeIncomplete(let reason): reason
        case .handshakeRefused: "hub.mode is not subscribe, or hub.verify_token is not the configured one"
        case .notFound: "there is nothing here; webhooks go to \(RequestRouter.path)"
        case .methodNotAllowed: "only GET (the handshake) and POST (webhooks) are answered here"
        case .timedOut: "the request did not arrive in time"
        case .bodyTooLarge(let limit): "the body is larger than \(limit) bytes"
        case .expectationFailed: "only the expectation 100-continue is understood"
        case .headersTooLarge: "the request's header fields are too large"
        case .queueUnavailable: "the queue cannot take the webhook right now; please send it again"
        case .tooManyBytes: "too much is being received right now; please send it again"
        case .tooManyConnections: "too many connections are open right now; please come again"
        }
    }

    var result: RequestResult {
        switch self {
        case .malformed, .expectationFailed, .headersTooLarge, .handshakeIncomplete: .badRequest
        case .incomplete: .aborted
        case .missingSignature: .missingSignature
        case .badSignature: .badSignature
        case .handshakeRefused: .handshakeRefused
        case .notFound, .methodNotAllowed: .notFound
        case .timedOut: .timeout
        case .bodyTooLarge: .tooLarge
        case .queueUnavailable: .redisError
        case .tooManyBytes, .tooManyConnections: .shed
        }
    }
}
