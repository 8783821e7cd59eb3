import JobQueue
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import OperationsKit
import RedisClient
import WebhookSignature

@testable import IngressApp

/// Ingress' connection handling without sockets and without Redis: bytes in, bytes out, pushes answered by hand.
///
/// The handlers, the parser and the producer are the real ones; time stands still unless a test moves it.
final class EmbeddedIngress {
    static let secret = "app-secret"
    static let signer = WebhookSigner(secret: secret)

    let eventLoop = EmbeddedEventLoop()
    let registry = PrometheusRegistry()
    let loop: ConnectionLoop
    let shared: IngressShared
    let pushes = Pushes()

    /// What would have gone to Redis.
    final class Pushes {
        var waiting: [(command: ByteBuffer, completion: (Result<RedisReply, RedisError>) -> Void)] = []
        /// Every element that was pushed, in order.
        var elements: [ByteBuffer] = []
    }

    init(_ change: (inout IngressLimits) -> Void = { _ in }) throws {
        var limits = IngressLimits()
        change(&limits)
        let verifier = try WebhookSignatureVerifier(secrets: ["older secret", Self.secret])
        shared = IngressShared(
            limits: limits, token: try HandshakeToken("verify me"), verifier: verifier,
            metrics: IngressMetrics(registry: registry, secrets: 2), logger: Logger(label: "test") { _ in SilentLog() })
        let pushes = pushes
        let producer = JobProducer(
            keys: QueueKeys(prefix: "wa", queue: .inbound), allocator: ByteBufferAllocator()
        ) { command, _, completion in
            pushes.elements += Self.elements(of: command)
            pushes.waiting.append((command, completion))
        }
        loop = ConnectionLoop(
            shared: shared, producer: producer, eventLoop: eventLoop, allocator: ByteBufferAllocator())
    }

    /// A new connection.
    func connect() throws -> Client {
        let channel = EmbeddedChannel(loop: eventLoop)
        var decoder = NIOHTTPDecoderLimitConfiguration()
        decoder.maxHeaderFieldSize = shared.limits.headerBytes
        decoder.maxHeaderListSize = shared.limits.headerBytes
        decoder.maxHeaderFieldCount = shared.limits.headerFields
        try IngressServer.configure(channel, loop: loop, decoder: decoder)
        try channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return Client(channel: channel, ingress: self)
    }

    /// Ends the event loop's turn.
    func turn() { eventLoop.run() }

    /// Ends the turn and lets Redis acknowledge everything.
    func acknowledge(_ reply: Result<RedisReply, RedisError> = .success(.integer(1))) {
        turn()
        let waiting = pushes.waiting
        pushes.waiting = []
        for push in waiting { push.completion(reply) }
        turn()
    }

    func count(_ result: RequestResult) -> Int {
        registry.counter("quoteline_ingress_requests_total", help: "", labels: [("result", result.label)]).value
    }

    /// All counts that are not zero.
    var counts: [String: Int] {
        var counts: [String: Int] = [:]
        for result in RequestResult.allCases where count(result) > 0 { counts[result.label] = count(result) }
        return counts
    }

    private static func elements(of command: ByteBuffer) -> [ByteBuffer] {
        var rest = command
        func number() -> Int {
            var text = ""
            while let byte = rest.readInteger(as: UInt8.self), byte != 10 {
                if byte >= 48 && byte <= 57 { text.append(Character(Unicode.Scalar(byte))) }
            }
            return Int(text) ?? 0
        }
        let count = number()
        let arguments = (0..<count).map { _ in
            let length = number()
            let argument = rest.readSlice(length: length) ?? ByteBuffer()
            rest.moveReaderIndex(forwardBy: 2)
            return argument
        }
        return Array(arguments.dropFirst(2))
    }
}

/// One connection of an `EmbeddedIngress`, seen from its sender.
final class Client {
    let channel: EmbeddedChannel
    private let ingress: EmbeddedIngress

    init(channel: EmbeddedChannel, ingress: EmbeddedIngress) {
        self.channel = channel
        self.ingress = ingress
    }

    /// Delivers bytes as one read.
    func send(_ bytes: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// What was answered since the last time, with the changing date taken out.
    func received() throws -> String {
        var text = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text.replacing(/Date: [^\r]*\r\n/, with: "")
    }

    /// The status codes of what was answered since the last time.
    func statuses() throws -> [Int] {
        try received().matches(of: /HTTP\/1\.1 (\d{3})/).compactMap { Int($0.1) }
    }
}

/// Discards everything.
struct SilentLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.critical

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {}
}

/// The signature header's value for a body.
func signature(of body: [UInt8]) -> String { EmbeddedIngress.signer.headerValue(for: body) }

/// A signed webhook as bytes on the wire.
func webhook(
    _ body: [UInt8], path: String = "/api/whatsapp/webhook", signature: String? = nil, fields: [String] = [],
    chunks: Int? = nil, version: String = "1.1"
) -> [UInt8] {
    let signature = signature ?? IngressTests.signature(of: body)
    var lines = ["POST \(path) HTTP/\(version)", "Host: example.com", "X-Hub-Signature-256: \(signature)"] + fields
    guard let chunks else {
        lines.append("Content-Length: \(body.count)")
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }
    lines.append("Transfer-Encoding: chunked")
    var bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    for start in stride(from: 0, to: body.count, by: chunks) {
        let chunk = body[start..<min(body.count, start + chunks)]
        bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8)
    }
    return bytes + Array("0\r\n\r\n".utf8)
}

func webhook(_ body: String, fields: [String] = [], chunks: Int? = nil, version: String = "1.1") -> [UInt8] {
    webhook(Array(body.utf8), fields: fields, chunks: chunks, version: version)
}
