import NIOHTTP1
import WebhookSignature

/// A webhook whose body is to be received.
struct WebhookHead {
    let signature: SignatureHeader
    /// The signature header's value as it came, for the queue element.
    let signatureText: String
    let trace: String?
    let expectsContinue: Bool
}

/// Decides from a request's head what happens to it. Pure: reads no clock and touches no socket.
struct RequestRouter {
    static let path = "/api/whatsapp/webhook"

    enum Route {
        case receive(WebhookHead)
        case answer(Answer)
    }

    let token: HandshakeToken
    /// `INGRESS_MAX_BODY_BYTES`
    let bodyLimit: Int

    func route(_ head: HTTPRequestHead, _ fields: HeaderFields) -> Route {
        // RFC 9112, section 3.2: exactly one Host in HTTP/1.1.
        guard fields.hosts == 1 || (fields.hosts == 0 && head.version.minor == 0) else {
            let problem = fields.hosts == 0 ? "there is no Host header" : "there is more than one Host header"
            return .answer(.refusal(.malformed(problem)))
        }
        var query: Substring = ""
        if head.uri != Self.path {
            let (path, found) = Self.split(head.uri)
            guard path == Self.path else { return .answer(.refusal(.notFound)) }
            query = found
        }
        switch head.method {
        case .POST:
            return receive(fields)
        case .GET:
            return .answer(HandshakeQuery.answer(query, token: token))
        case _:
            return .answer(.refusal(.methodNotAllowed))
        }
    }

    private func receive(_ fields: HeaderFields) -> Route {
        guard fields.signatures > 0 else { return .answer(.refusal(.missingSignature)) }
        guard fields.signatures == 1, let signature = try? SignatureHeader(fields.signature) else {
            return .answer(.refusal(.badSignature))
        }
        guard fields.expectation != .unknown else { return .answer(.refusal(.expectationFailed)) }
        guard fields.contentLength ?? 0 <= bodyLimit else {
            return .answer(.refusal(.bodyTooLarge(limit: bodyLimit)))
        }
        return .receive(
            WebhookHead(
                signature: signature, signatureText: fields.signature, trace: fields.trace,
                expectsContinue: fields.expectation == .continueAnswer))
    }

    /// Path and query of a request target, also of one in absolute form (RFC 9112, section 3.2.2).
    private static func split(_ target: String) -> (path: Substring, query: Substring) {
        var rest = target[...]
        for scheme in ["http://", "https://"] where rest.prefix(scheme.count).lowercased() == scheme {
            rest = rest.dropFirst(scheme.count)
            rest = rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? ""
            break
        }
        guard let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (rest, "") }
        return (rest[..<mark], rest[rest.utf8.index(after: mark)...])
    }
}
