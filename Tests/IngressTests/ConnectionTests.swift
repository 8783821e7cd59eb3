import JobQueue
import NIOCore
import NIOEmbedded
import NIOHTTP1
import OperationsKit
import RedisClient
import TestSupport
import Testing

@testable import IngressApp

@Suite("Connections, without sockets")
struct ConnectionTests {
    private static let handshake =
        "GET /api/whatsapp/webhook?hub.mode=subscribe&hub.challenge=77&hub.verify_token=verify+me HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("Pipelined requests are answered in their order, though the later ones are decided first")
    func pipelined() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(
            webhook("1") + Array(Self.handshake.utf8) + webhook("2")
                + Array("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        ingress.turn()
        #expect(try client.received() == "")
        ingress.acknowledge()
        let answers = try client.received()
        let statuses = answers.matches(of: /HTTP\/1\.1 (\d{3})/).map { String($0.1) }
        #expect(statuses == ["200", "200", "200", "404"])
        #expect(answers.contains("\r\n\r\n77HTTP/1.1 200 OK\r\n"))
    }

    @Test("Answers keep their order when Redis' replies come at different times")
    func repliesApart() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook("1"))
        ingress.turn()
        try client.send(webhook("2"))
        ingress.turn()
        #expect(ingress.pushes.waiting.count == 2)
        let waiting = ingress.pushes.waiting
        ingress.pushes.waiting = []
        waiting[1].completion(.failure(RedisError(.timedOut, mayHaveExecuted: true)))
        ingress.turn()
        #expect(try client.statuses() == [])
        waiting[0].completion(.success(.integer(1)))
        ingress.turn()
        #expect(try client.statuses() == [200, 503])
    }

    @Test("A connection that owes many answers is not read from until it has given some")
    func readingIsHeld() throws {
        let ingress = try EmbeddedIngress { $0.pipelinedRequests = 2 }
        let client = try ingress.connect()
        let reads = ReadCounter()
        try client.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        client.channel.read()
        #expect(reads.count == 1)
        try client.send(webhook("1") + webhook("2"))
        ingress.turn()
        reads.count = 0
        client.channel.read()
        #expect(reads.count == 0)
        ingress.acknowledge()
        #expect(reads.count == 1)
    }

    @Test("Nonsense behind pipelined requests ends the connection, but only after their answers")
    func nonsenseBehind() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        let begun = "DELETE / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let short = "DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123"
        try client.send(webhook("1") + Array("GARBAGE\r\n\r\n".utf8))
        ingress.acknowledge()
        #expect(try client.statuses() == [200, 400])
        for rest in [begun, short] {
            let client = try ingress.connect()
            try client.send(webhook("1") + Array(rest.utf8))
            client.channel.pipeline.fireErrorCaught(HTTPParserError.unknown)
            ingress.turn()
            #expect(try client.statuses() == [])
            ingress.acknowledge()
            #expect(try client.statuses() == [200, 404])
            ingress.eventLoop.advanceTime(by: .seconds(6))
            #expect(!client.channel.isActive)
        }
    }

    @Test("HTTP/1.0 closes unless asked to stay, HTTP/1.1 stays unless asked to close")
    func persistence() throws {
        let ingress = try EmbeddedIngress()
        func answer(_ bytes: [UInt8]) throws -> String {
            let client = try ingress.connect()
            try client.send(bytes)
            ingress.acknowledge()
            return try client.received()
        }
        #expect(try answer(webhook("{}", version: "1.0")).contains("Connection: close\r\n"))
        let kept = try answer(webhook("{}", fields: ["Connection: keep-alive"], version: "1.0"))
        #expect(kept.contains("Connection: keep-alive\r\n"))
        #expect(try answer(webhook("{}", fields: ["Connection: close"])).contains("Connection: close\r\n"))
        #expect(!(try answer(webhook("{}")).contains("Connection:")))
    }

    @Test("After Connection: close nothing more is taken")
    func afterClose() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook("1", fields: ["Connection: close"]) + webhook("2"))
        ingress.acknowledge()
        try client.send(webhook("3"))
        ingress.acknowledge()
        #expect(try client.statuses() == [200])
        #expect(ingress.pushes.elements.count == 1)
    }

    @Test("A request for another protocol is answered in this one, and is the connection's last")
    func upgrade() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook("{}", fields: ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"]))
        ingress.acknowledge()
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Connection: close\r\n"))
        let tunnel = try ingress.connect()
        try tunnel.send("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n")
        #expect(try tunnel.received().contains("Connection: close\r\n"))
    }

    @Test("100 Continue is sent only when the body will be read, and in its turn")
    func expectContinue() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        let bytes = webhook("{}", fields: ["Expect: 100-Continue"])
        try client.send(Array(bytes.dropLast(2)))
        #expect(try client.received() == "HTTP/1.1 100 Continue\r\n\r\n")
        try client.send(Array(bytes.suffix(2)))
        ingress.acknowledge()
        #expect(try client.statuses() == [200])

        try client.send(webhook("1") + Array(bytes.dropLast(2)))
        ingress.turn()
        #expect(try client.received() == "")
        ingress.acknowledge()
        let inTurn = try client.received()
        #expect(inTurn.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(inTurn.hasSuffix("HTTP/1.1 100 Continue\r\n\r\n"))

        let unsigned = try ingress.connect()
        try unsigned.send(
            "POST /api/whatsapp/webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
        let refusal = try unsigned.received()
        #expect(refusal.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
        #expect(refusal.contains("Connection: close\r\n"))

        let strange = try ingress.connect()
        try strange.send(webhook("{}", fields: ["Expect: miracles"]))
        #expect(try strange.statuses() == [417])
    }

    @Test("However the bytes are cut, answers and elements are the same", arguments: 0..<40)
    func splits(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var bytes: [UInt8] = []
        var expected: [Int] = []
        var payloads: [[UInt8]] = []
        for _ in 0..<12 {
            let body = random.bytes(Int.random(in: 0...3_000, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                bytes += webhook(body)
                expected.append(200)
                payloads.append(body)
            case 2:
                bytes += webhook(body, chunks: Int.random(in: 1...500, using: &random))
                expected.append(200)
                payloads.append(body)
            case 3:
                bytes += webhook(body, signature: "sha256=" + String(repeating: "0", count: 64))
                expected.append(401)
            case 4:
                bytes += Array(Self.handshake.utf8)
                expected.append(200)
            case _:
                bytes += Array("DELETE /api/whatsapp/webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8)
                expected.append(405)
            }
        }
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        var rest = bytes[...]
        let longest = seed == 0 ? 1 : [3, 100, 2_000, 20_000][Int(seed % 4)]
        while !rest.isEmpty {
            let count = min(rest.count, Int.random(in: 1...longest, using: &random))
            try client.send(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: ingress.turn()
            case 1: ingress.acknowledge()
            case _: break
            }
        }
        ingress.acknowledge()
        #expect(try client.statuses() == expected)
        let pushed = try ingress.pushes.elements.map { Array(try JobElement($0).payload.readableBytesView) }
        #expect(pushed == payloads)
        #expect(ingress.shared.budget.bytes == 0)
    }

    @Test(
        "Mutated requests never crash, never leak a byte of the budget, and never enqueue an unsigned body",
        arguments: 0..<60)
    func mutations(seed: UInt64) throws {
        var random = SeededRandom(seed: 1_000 + seed)
        let ingress = try EmbeddedIngress()
        for _ in 0..<20 {
            let body = random.bytes(Int.random(in: 0...200, using: &random))
            var bytes = webhook(body, chunks: Bool.random(using: &random) ? 7 : nil) + Array(Self.handshake.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: position)
                case _: bytes.insert(UInt8.random(in: 0...255, using: &random), at: position)
                }
            }
            let before = ingress.pushes.elements.count
            let client = try ingress.connect()
            // The embedded channel reports what the handlers did not swallow; nothing may get through.
            try client.send(bytes)
            ingress.acknowledge()
            for element in ingress.pushes.elements.dropFirst(before) {
                let payload = Array(try JobElement(element).payload.readableBytesView)
                #expect(payload == body)
            }
            _ = try client.channel.finish(acceptAlreadyClosed: true)
            #expect(ingress.shared.budget.bytes == 0)
        }
        #expect(ingress.shared.connections.value == 0)
    }

    @Test("A sender that goes away in the middle of a body leaves nothing behind")
    func aborted() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(Array(webhook("0123456789").dropLast(3)))
        #expect(ingress.shared.budget.bytes == 7)
        _ = try client.channel.finish()
        ingress.turn()
        #expect(ingress.counts == ["aborted": 1])
        #expect(ingress.pushes.elements.isEmpty)
        #expect(ingress.shared.budget.bytes == 0)
        #expect(ingress.shared.connections.value == 0)
    }

    @Test("A sender that does not wait for the answer has sent its webhook all the same")
    func goneBeforeTheAnswer() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook("{}"))
        ingress.turn()
        _ = try client.channel.finish()
        #expect(ingress.shared.budget.bytes == 2)
        ingress.acknowledge()
        #expect(ingress.counts == ["accepted": 1])
        #expect(ingress.shared.budget.bytes == 0)
    }

    @Test("An idle connection is closed without a word, an incomplete header with 408")
    func idleAndHeader() throws {
        let ingress = try EmbeddedIngress()
        let idle = try ingress.connect()
        let slow = try ingress.connect()
        try slow.send("POST /api/what")
        ingress.eventLoop.advanceTime(by: .seconds(9))
        try slow.send("sapp")
        #expect(try slow.statuses() == [])
        ingress.eventLoop.advanceTime(by: .seconds(2))
        #expect(try slow.statuses() == [408])
        #expect(idle.channel.isActive)
        ingress.eventLoop.advanceTime(by: .seconds(66))
        #expect(!idle.channel.isActive)
        #expect(try idle.received() == "")
        #expect(ingress.counts == ["timeout": 1])
    }

    @Test("A body that trickles is cut with 408, however steadily it comes")
    func trickle() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        let bytes = webhook([UInt8](repeating: UInt8(ascii: " "), count: 1_000))
        try client.send(Array(bytes.dropLast(1_000)))
        var seconds = 0
        while try client.statuses().isEmpty, seconds < 100 {
            try client.send(" ")
            ingress.eventLoop.advanceTime(by: .seconds(1))
            seconds += 1
        }
        #expect(seconds >= 20 && seconds <= 21)
        #expect(ingress.counts == ["timeout": 1])
        #expect(ingress.shared.budget.bytes == 0)
        ingress.eventLoop.advanceTime(by: .seconds(6))
        #expect(!client.channel.isActive)
    }

    @Test("Waiting for Redis is not idling")
    func waitingForRedis() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        try client.send(webhook("{}"))
        ingress.eventLoop.advanceTime(by: .seconds(100))
        #expect(client.channel.isActive)
        ingress.acknowledge()
        #expect(try client.statuses() == [200])
        ingress.eventLoop.advanceTime(by: .seconds(74))
        #expect(client.channel.isActive)
        ingress.eventLoop.advanceTime(by: .seconds(2))
        #expect(!client.channel.isActive)
    }

    @Test("Draining closes idle connections and ends the others with their answer")
    func draining() throws {
        let ingress = try EmbeddedIngress()
        let idle = try ingress.connect()
        let waiting = try ingress.connect()
        let receiving = try ingress.connect()
        try waiting.send(webhook("1"))
        let bytes = webhook("2")
        try receiving.send(Array(bytes.dropLast(1)))
        ingress.turn()
        let drained = ingress.loop.drain()
        ingress.turn()
        #expect(!idle.channel.isActive)
        ingress.acknowledge()
        #expect(try waiting.received().contains("Connection: close\r\n"))
        try receiving.send(Array(bytes.suffix(1)))
        ingress.acknowledge()
        let answer = try receiving.received()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Connection: close\r\n"))
        ingress.eventLoop.advanceTime(by: .seconds(6))
        try drained.wait()
        #expect(ingress.shared.connections.value == 0)
    }

    @Test("Surplus connections are told so")
    func surplus() throws {
        let ingress = try EmbeddedIngress { $0.connections = 1 }
        let first = try ingress.connect()
        let second = try ingress.connect()
        ingress.turn()
        let answer = try second.received()
        #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(answer.contains("Retry-After: 5\r\n"))
        try first.send(webhook("{}"))
        ingress.acknowledge()
        #expect(try first.statuses() == [200])
        #expect(ingress.counts == ["shed": 1, "accepted": 1])
    }
}

/// Counts the reads that get through to the channel.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
