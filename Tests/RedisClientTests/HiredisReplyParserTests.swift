import NIOCore
import TestSupport
import Testing

@testable import RedisClient

@Suite struct HiredisReplyParserTests {
    static let examples: [(wire: String, reply: RedisReply)] = [
        ("+OK\r\n", .simple("OK")),
        ("+\r\n", .simple("")),
        ("-ERR no\r\n", .error(RedisServerError(message: "ERR no"))),
        (":0\r\n", .integer(0)),
        (":-9223372036854775808\r\n", .integer(.min)),
        (":9223372036854775807\r\n", .integer(.max)),
        ("$0\r\n\r\n", .bulk(ByteBuffer())),
        ("$5\r\na\r\nb\0\r\n", .bulk(ByteBuffer(string: "a\r\nb\0"))),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("*0\r\n", .array([])),
        ("*3\r\n:1\r\n$-1\r\n-WRONGTYPE x\r\n", .array([.integer(1), .null, .error(.init(message: "WRONGTYPE x"))])),
        (
            "*2\r\n*2\r\n+a\r\n*0\r\n*1\r\n*1\r\n$1\r\nz\r\n",
            .array([.array([.simple("a"), .array([])]), .array([.array([.bulk(ByteBuffer(string: "z"))])])])
        ),
    ]

    /// Feeds the chunks and gathers every reply; the error, if any, ends it.
    static func parse(_ chunks: some Sequence<[UInt8]>) -> (replies: [RedisReply], error: RedisProtocolViolation?) {
        var parser = HiredisReplyParser()
        var replies: [RedisReply] = []
        do throws(RedisProtocolViolation) {
            for chunk in chunks {
                let buffer = ByteBuffer(bytes: chunk)
                try buffer.withUnsafeReadableBytes { bytes in
                    Result { () throws(RedisProtocolViolation) in try parser.feed(bytes) }
                }.get()
                while let reply = try parser.next() { replies.append(reply) }
            }
        } catch {
            return (replies, error)
        }
        return (replies, nil)
    }

    @Test("Every type of reply is read, in one piece", arguments: examples)
    func whole(_ wire: String, _ reply: RedisReply) {
        let result = Self.parse([Array(wire.utf8)])
        #expect(result.replies == [reply])
        #expect(result.error == nil)
    }

    @Test("All of them in a row are read byte by byte, each as soon as its last byte is there")
    func byteByByte() {
        var parser = HiredisReplyParser()
        for (wire, expected) in Self.examples {
            for (offset, byte) in wire.utf8.enumerated() {
                let result = withUnsafeBytes(of: byte) { bytes in
                    Result { () throws(RedisProtocolViolation) in
                        try parser.feed(bytes)
                        return try parser.next()
                    }
                }
                let isLast = offset == wire.utf8.count - 1
                #expect(result == .success(isLast ? expected : nil), "\(wire) at \(offset)")
            }
        }
    }

    @Test("All of them in a row are read in chunks of any size", arguments: 1...40)
    func chunked(_ size: Int) {
        let wire = Array(Self.examples.map(\.wire).joined().utf8)
        let chunks = stride(from: 0, to: wire.count, by: size).map { Array(wire[$0..<min($0 + size, wire.count)]) }
        #expect(Self.parse(chunks).replies == Self.examples.map(\.reply))
    }

    @Test("A bulk string of 64 MB arrives whole, however it is cut")
    func huge() {
        let size = 64 * 1024 * 1024
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 65_521)
        var chunks = [Array("$\(size)\r\n".utf8)]
        chunks += Array(repeating: chunk, count: size / chunk.count)
        chunks += [Array(repeating: UInt8(ascii: "y"), count: size % chunk.count), Array("\r\n:7\r\n".utf8)]
        let replies = Self.parse(chunks).replies
        #expect(replies.count == 2)
        #expect(replies.first?.bytes?.readableBytes == size)
        #expect(replies.first?.bytes?.readableBytesView.last == UInt8(ascii: "y"))
        #expect(replies.last == .integer(7))
    }

    @Test("An array of 100,000 elements is read")
    func longArray() {
        let wire = "*100000\r\n" + String(repeating: ":5\r\n", count: 100_000)
        #expect(Self.parse([Array(wire.utf8)]).replies == [.array(Array(repeating: .integer(5), count: 100_000))])
    }

    @Test("An announced array of two thousand million elements costs nothing until they come")
    func announcedOnly() {
        let result = Self.parse([Array("*2147483647\r\n:1\r\n".utf8)])
        #expect(result.replies.isEmpty)
        #expect(result.error == nil)
    }

    @Test("Arrays nest seven deep; an eighth level is a protocol violation, not a crash")
    func nesting() {
        let seven = String(repeating: "*1\r\n", count: 7) + ":1\r\n"
        #expect(Self.parse([Array(seven.utf8)]).replies.count == 1)
        let result = Self.parse([Array((String(repeating: "*1\r\n", count: 9) + ":1\r\n").utf8)])
        #expect(result.replies.isEmpty)
        #expect(result.error != nil)
    }

    @Test(
        "What is not RESP2 is a protocol violation",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n", "\r\n", "%1\r\n+a\r\n+b\r\n", ":12a\r\n", ":\r\n", "$x\r\n", "$-2\r\n",
            "$99999999999999999999\r\n", "*-2\r\n", "*4294967296\r\n", "_\r\n", "\0\0\0\0",
        ])
    func notRESP(_ wire: String) {
        let result = Self.parse([Array(wire.utf8)])
        #expect(result.replies.isEmpty)
        #expect(result.error?.reason.isEmpty == false)
    }

    @Test("After a violation the parser stays unusable instead of guessing")
    func poisoned() {
        var parser = HiredisReplyParser()
        func feed(_ text: String) -> Result<RedisReply?, RedisProtocolViolation> {
            ByteBuffer(string: text).withUnsafeReadableBytes { bytes in
                Result { () throws(RedisProtocolViolation) in
                    try parser.feed(bytes)
                    return try parser.next()
                }
            }
        }
        #expect(throws: RedisProtocolViolation.self) { try feed("?\r\n").get() }
        #expect(throws: RedisProtocolViolation.self) { try feed("+OK\r\n").get() }
    }

    @Test(
        "Random bytes end in replies, a wait for more, or a violation: never in a crash",
        arguments: 0..<200 as Range<UInt64>)
    func randomBytes(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let alphabet = Array("+-:$*\r\n0123456789 \0a".utf8) + [255]
        for _ in 0..<50 {
            let isRaw = Bool.random(using: &random)
            let wire = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                isRaw ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random) ?? 0
            }
            let whole = Self.parse([wire])
            #expect(Self.parse(wire.map { [$0] }).replies == whole.replies)
        }
    }

    @Test(
        "Mutated replies end in replies, a wait for more, or a violation: never in a crash",
        arguments: 0..<200 as Range<UInt64>)
    func mutated(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<50 {
            var wire = Array(Self.examples.shuffled(using: &random).map(\.wire).joined().utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<wire.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: wire[index] = UInt8.random(in: 0...255, using: &random)
                case 1: wire.remove(at: index)
                case _: wire.insert(contentsOf: random.bytes(2), at: index)
                }
            }
            let whole = Self.parse([wire])
            #expect(Self.parse(wire.map { [$0] }).replies == whole.replies)
        }
    }
}
