import JobQueue
import NIOCore
import NIOEmbedded
import OperationsKit
import RedisClient
import Testing
import WebhookSignature

@testable import IngressApp

@Suite("Requests, without sockets")
struct RequestTests {
    @Test("A signed webhook is pushed as it came and answered 200 with an empty body once Redis has it")
    func accepted() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook("{ \"a\" : 1 }"))
        ingress.turn()
        #expect(try client.received() == "")
        let bytes = try #require(ingress.pushes.elements.first)
        let element = try JobElement(bytes)
        #expect(String(buffer: element.payload) == "{ \"a\" : 1 }")
        #expect(element.header.type == "webhook")
        let signature = EmbeddedIngress.signer.headerValue(for: Array("{ \"a\" : 1 }".utf8))
        #expect(element.header.signature == signature)
        #expect(element.header.trace == nil)
        #expect(ingress.shared.budget.bytes == 11)
        ingress.acknowledge()
        #expect(try client.received() == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        #expect(ingress.counts == ["accepted": 1])
        #expect(ingress.shared.budget.bytes == 0)
    }

    @Test("An answer carries the date in HTTP's format")
    func date() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let bytes = try #require(try client.channel.readOutbound(as: ByteBuffer.self))
        let text = String(buffer: bytes)
        #expect(text.contains(/Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT\r\n/))
    }

    @Test("The metric says which of several app secrets matched")
    func whichSecret() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook("{}"))
        ingress.acknowledge()
        let counters = ["1", "2"].map {
            ingress.registry.counter("quoteline_ingress_signatures_total", help: "", labels: [("secret", $0)]).value
        }
        #expect(counters == [0, 1])
    }

    @Test(
        "Every wrong signature is 401, nothing is pushed, and the connection goes on",
        arguments: [
            "", "sha256=", "sha1=" + String(repeating: "a", count: 64), String(repeating: "a", count: 64),
            "sha256=" + String(repeating: "a", count: 64), "sha256=" + String(repeating: "a", count: 63),
            "sha256=" + String(repeating: "A", count: 64), "sha256=" + String(repeating: "g", count: 64),
            "SHA256=" + String(repeating: "a", count: 64),
        ])
    func wrongSignature(signature: String) throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook(Array("{}".utf8), signature: signature))
        try client.send(webhook("{}"))
        ingress.acknowledge()
        #expect(try client.statuses() == [401, 200])
        #expect(ingress.pushes.elements.count == 1)
        #expect(ingress.counts == ["bad_signature": 1, "accepted": 1])
        #expect(ingress.shared.budget.bytes == 0)
    }

    @Test("An upper-case spelling of the right signature is refused, too")
    func upperCase() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        let right = EmbeddedIngress.signer.headerValue(for: Array("{}".utf8))
        try client.send(webhook(Array("{}".utf8), signature: "sha256=" + right.dropFirst(7).uppercased()))
        #expect(try client.statuses() == [401])
    }

    @Test("The right signature twice is refused: another party may have looked at the other one")
    func doubled() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        let right = EmbeddedIngress.signer.headerValue(for: Array("{}".utf8))
        try client.send(webhook("{}", fields: ["x-hub-signature-256: \(right)"]))
        #expect(try client.statuses() == [401])
        #expect(ingress.counts == ["bad_signature": 1])
    }

    @Test("A missing signature is answered before the body has come")
    func missingSignature() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send("POST /api/whatsapp/webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
        #expect(try client.statuses() == [401])
        try client.send("12345")
        try client.send(webhook("{}"))
        ingress.acknowledge()
        #expect(try client.statuses() == [200])
        #expect(ingress.counts == ["missing_signature": 1, "accepted": 1])
    }

    @Test("A body that is announced too long is refused before it is read, and ends the connection")
    func announcedTooLong() throws {
        let ingress = try EmbeddedIngress { $0.bodyBytes = 100_000 }
        let client = try ingress.connect()
        let head = webhook([UInt8](repeating: 0, count: 100_001)).dropLast(100_001)
        try client.send(Array(head))
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 413 Content Too Large\r\n"))
        #expect(answer.contains("Connection: close\r\n"))
        try client.send([UInt8](repeating: 0, count: 5_000))
        #expect(ingress.counts == ["too_large": 1])
        #expect(ingress.shared.budget.bytes == 0)
    }

    @Test("A body of exactly the limit is accepted; chunked data that passes it is refused")
    func limitOfBody() throws {
        let ingress = try EmbeddedIngress { $0.bodyBytes = 1_000 }
        let client = try ingress.connect()
        let body = [UInt8](repeating: UInt8(ascii: " "), count: 1_000)
        try client.send(webhook(body))
        try client.send(webhook(body, chunks: 64))
        ingress.acknowledge()
        try client.send(webhook(body + [1], chunks: 64))
        ingress.acknowledge()
        #expect(try client.statuses() == [200, 200, 413])
        #expect(ingress.pushes.elements.count == 2)
        #expect(ingress.shared.budget.bytes == 0)
    }

    @Test(
        "Only GET and POST are known on the webhook's path, and no other path is", arguments: ["PUT", "DELETE", "HEAD"])
    func methods(method: String) throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send("\(method) /api/whatsapp/webhook HTTP/1.1\r\nHost: a\r\n\r\n")
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"))
        #expect(answer.contains("Allow: GET, POST\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n") == (method == "HEAD"))
        for path in ["/", "/api/whatsapp/webhook/", "/api/whatsapp/webhooks", "*", "/api/whatsapp"] {
            try client.send("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        #expect(try client.statuses() == [404, 404, 404, 404, 404])
    }

    @Test(
        "The path may carry a query or stand in an absolute address",
        arguments: [
            "/api/whatsapp/webhook?x=1", "/api/whatsapp/webhook?", "http://example.com/api/whatsapp/webhook",
            "HTTPS://example.com:443/api/whatsapp/webhook?a",
        ])
    func targets(path: String) throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook(Array("{}".utf8), path: path))
        ingress.acknowledge()
        #expect(try client.statuses() == [200])
    }

    @Test(
        "The content type does not matter, nor do unknown header fields",
        arguments: [
            "Content-Type: text/plain", "Content-Type: multipart/form-data", "X-Anything: \u{e4}", "Accept: */*",
        ])
    func anyType(field: String) throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook("{}", fields: [field]))
        ingress.acknowledge()
        #expect(try client.statuses() == [200])
    }

    @Test("A valid traceparent goes into the element, an invalid or doubled one does not")
    func trace() throws {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook("1", fields: ["traceparent: \(good)"]))
        try client.send(webhook("2", fields: ["traceparent: \(good)x"]))
        try client.send(webhook("3", fields: ["traceparent: \(good)", "Traceparent: \(good)"]))
        ingress.acknowledge()
        let traces = try ingress.pushes.elements.map { try JobElement($0).header.trace }
        #expect(traces == [good, nil, nil])
    }

    @Test(
        "Whatever goes wrong at Redis, the answer is 503 with Retry-After",
        arguments: [
            RedisError(.notConnected, mayHaveExecuted: false), RedisError(.timedOut, mayHaveExecuted: true),
            RedisError(.connectionClosed, mayHaveExecuted: true),
        ])
    func redisTrouble(error: RedisError) throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook("{}"))
        ingress.acknowledge(.failure(error))
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(answer.contains("Retry-After: 5\r\n"))
        #expect(!answer.contains("Connection: close"))
        #expect(ingress.counts == ["redis_error": 1])
        #expect(ingress.shared.budget.bytes == 0)
    }

    @Test("Bytes in flight are bounded: beyond the limit 503, below it again 200")
    func inflight() throws {
        let ingress = try EmbeddedIngress { $0.inflightBytes = 1_500 }
        let first = try ingress.connect()
        let second = try ingress.connect()
        let body = [UInt8](repeating: UInt8(ascii: " "), count: 1_000)
        try first.send(webhook(body))
        ingress.turn()
        #expect(ingress.shared.budget.bytes == 1_000)
        try second.send(webhook(body))
        ingress.turn()
        let answer = try second.received()
        #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(answer.contains("Retry-After: 5\r\n"))
        ingress.acknowledge()
        try second.send(webhook(body))
        ingress.acknowledge()
        #expect(try first.statuses() == [200])
        #expect(try second.statuses() == [200])
        #expect(ingress.counts == ["accepted": 2, "shed": 1])
        #expect(ingress.shared.budget.bytes == 0)
    }

    @Test("All webhooks of one turn, from all connections, are one push in their order")
    func onePush() throws {
        let ingress = try EmbeddedIngress()
        let clients = try (0..<5).map { _ in try ingress.connect() }
        for (number, client) in clients.enumerated() { try client.send(webhook("\(number)")) }
        ingress.turn()
        #expect(ingress.pushes.waiting.count == 1)
        let payloads = try ingress.pushes.elements.map { String(buffer: try JobElement($0).payload) }
        #expect(payloads == ["0", "1", "2", "3", "4"])
        let identifiers = try ingress.pushes.elements.map { try JobElement($0).header.id }
        #expect(identifiers == identifiers.sorted() && Set(identifiers).count == 5)
        ingress.acknowledge()
        for client in clients { #expect(try client.statuses() == [200]) }
    }

    @Test(
        "A malformed request is 400, ends the connection and enqueues nothing",
        arguments: [
            "GARBAGE\r\n\r\n", "GET /\r\n\r\n", "POST /api/whatsapp/webhook HTTP/1.1\r\n\r\n",
            "POST /api/whatsapp/webhook HTTP/1.1\r\nHost: a\r\nHost: b\r\nX-Hub-Signature-256: x\r\n\r\n",
            "POST /api/whatsapp/webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
            "POST /api/whatsapp/webhook HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
            "POST /api/whatsapp/webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n12",
            "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", "GET / HTTP/1.1\r\n: a\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}", "GET / HTTP/1.1\nHost: a\n\0\n\n",
        ])
    func malformed(request: String) throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(request)
        try client.send(webhook("{}"))
        ingress.turn()
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(answer)")
        #expect(ingress.pushes.elements.isEmpty)
        #expect(ingress.counts["accepted"] == nil)
    }

    @Test("A chunk that is broken in the middle of a body enqueues nothing")
    func brokenChunk() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        var bytes = webhook("0123456789", chunks: 5)
        // The second chunk's length, before its two line ends, its data and the last chunk.
        bytes[bytes.count - 15] = UInt8(ascii: "Z")
        try client.send(bytes)
        ingress.acknowledge()
        #expect(try client.statuses() == [400])
        #expect(ingress.pushes.elements.isEmpty)
        #expect(ingress.shared.budget.bytes == 0)
    }

    @Test("Header fields are bounded in size and in number")
    func headerBounds() throws {
        let ingress = try EmbeddedIngress { $0.headerFields = 20 }
        let long = try ingress.connect()
        try long.send("GET / HTTP/1.1\r\nHost: a\r\nX-Long: \(String(repeating: "x", count: 20_000))\r\n\r\n")
        #expect(try long.statuses() == [431])
        let many = try ingress.connect()
        let fields = (0..<30).map { "X-\($0): y\r\n" }.joined()
        try many.send("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        #expect(try many.statuses() == [431])
        let target = try ingress.connect()
        try target.send("GET /\(String(repeating: "x", count: 20_000)) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try target.statuses() == [431])
        #expect(ingress.counts == ["bad_request": 3])
    }

    @Test("An empty body with its right signature is accepted like any other")
    func emptyBody() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook([]))
        ingress.acknowledge()
        #expect(try client.statuses() == [200])
        let bytes = try #require(ingress.pushes.elements.first)
        let element = try JobElement(bytes)
        #expect(element.payload.readableBytes == 0)
    }
}
