import NIOCore

/// What to say about the connection after an answer (RFC 9112, section 9.3).
enum Persistence {
    /// HTTP/1.1's default: nothing is said.
    case keepAlive
    /// HTTP/1.0 stays open only when told so.
    case keepAliveAnnounced
    case close
}

/// Writes answers in HTTP/1.1's form. The common one, 200 with an empty body, is kept ready for a second at a time: only
/// its date changes.
struct AnswerRenderer {
    private let allocator: ByteBufferAllocator
    private var second = -1
    private var date = ""
    private var accepted: ByteBuffer

    /// The interim answer that asks for the body (RFC 9110, section 15.2.1).
    let continueAnswer: ByteBuffer

    init(allocator: ByteBufferAllocator) {
        self.allocator = allocator
        accepted = allocator.buffer(capacity: 0)
        var interim = allocator.buffer(capacity: 32)
        interim.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        continueAnswer = interim
    }

    /// - Parameters:
    ///   - withoutBody: For HEAD: the header fields tell the length, the body is left out.
    ///   - second: Unix seconds now.
    mutating func render(
        _ answer: Answer, persistence: Persistence, withoutBody: Bool, second: Int
    ) -> ByteBuffer {
        if second != self.second {
            self.second = second
            date = HTTPDate.text(unixSeconds: second)
            accepted = whole("200 OK", fields: "", body: ByteBuffer(), .keepAlive, withoutBody: false)
        }
        switch answer {
        case .accepted:
            if case .keepAlive = persistence { return accepted }
            return whole("200 OK", fields: "", body: ByteBuffer(), persistence, withoutBody: withoutBody)
        case .challenge(let challenge):
            return whole(
                "200 OK", fields: Self.textFields, body: challenge, persistence, withoutBody: withoutBody)
        case .refusal(let refusal):
            return whole(
                refusal.status, fields: Self.fields(of: refusal), body: ByteBuffer(string: refusal.text + "\n"),
                persistence, withoutBody: withoutBody)
        }
    }

    private static let textFields = "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"

    private static func fields(of refusal: Refusal) -> String {
        switch refusal {
        case .methodNotAllowed:
            textFields + "Allow: GET, POST\r\n"
        case .queueUnavailable, .tooManyBytes, .tooManyConnections:
            textFields + "Retry-After: \(Refusal.retryAfterSeconds)\r\n"
        case .malformed, .incomplete, .missingSignature, .badSignature, .handshakeIncomplete, .handshakeRefused,
            .notFound,
            .timedOut, .bodyTooLarge, .expectationFailed, .headersTooLarge:
            textFields
        }
    }

    private func whole(
        _ status: StaticString, fields: String, body: ByteBuffer, _ persistence: Persistence, withoutBody: Bool
    ) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 256 + body.readableBytes)
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeStaticString(status)
        buffer.writeStaticString("\r\nDate: ")
        buffer.writeString(date)
        buffer.writeStaticString("\r\n")
        buffer.writeString(fields)
        buffer.writeStaticString("Content-Length: ")
        buffer.writeString(String(body.readableBytes))
        switch persistence {
        case .keepAlive: buffer.writeStaticString("\r\n\r\n")
        case .keepAliveAnnounced: buffer.writeStaticString("\r\nConnection: keep-alive\r\n\r\n")
        case .close: buffer.writeStaticString("\r\nConnection: close\r\n\r\n")
        }
        if !withoutBody { buffer.writeImmutableBuffer(body) }
        return buffer
    }
}
