import NIOCore
import Testing

@testable import RedisClient

@Suite struct RedisCommandTests {
    @Test("A command is an array of bulk strings, its integers as decimal text")
    func encoding() {
        let command = RedisCommand("SET", "k\u{E9}y", .bytes([0, 13, 10, 255]), "EX", 60, .text(""))
        let expected: [UInt8] =
            Array("*6\r\n$3\r\nSET\r\n$4\r\nkéy\r\n$4\r\n".utf8) + [0, 13, 10, 255]
            + Array("\r\n$2\r\nEX\r\n$2\r\n60\r\n$0\r\n\r\n".utf8)
        #expect(Array(command.encoded.readableBytesView) == expected)
    }

    @Test(
        "Integers of every length are written with their exact length",
        arguments: [0, 1, 9, 10, 99, 100, -1, -10, Int64.max, Int64.min, 1_732_270_000_123])
    func integers(_ value: Int64) {
        var buffer = ByteBuffer()
        buffer.writeRESPBulk(value)
        #expect(String(buffer: buffer) == "$\("\(value)".utf8.count)\r\n\(value)\r\n")
    }

    @Test("A command's description does not show its arguments")
    func redacted() {
        let command = RedisCommand("AUTH", "ana", "h3sekret")
        var dumped = ""
        dump(command, to: &dumped)
        for text in ["\(command)", String(reflecting: command), dumped] { #expect(!text.contains("sekret")) }
    }

    @Test(
        "SHA-1 agrees with FIPS 180-4 and with sha1sum at the edges of a block",
        arguments: [
            ("", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            ("a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
            ("x", 55, "cef734ba81a024479e09eb5a75b6ddae62e6abf1"),
            ("x", 64, "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163"),
        ])
    func sha1(_ text: String, _ count: Int, _ digest: String) {
        #expect(SHA1.hexDigest(of: String(repeating: text, count: count).utf8) == digest)
    }

    @Test("A script is called by its SHA-1, or sent whole, with the number of its keys")
    func scripts() {
        let script = RedisScript(source: "return 1")
        #expect(script.sha1 == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
        let bySHA = script.evalSHA(keys: ["a", "b"], arguments: [3])
        #expect(
            String(buffer: bySHA.encoded)
                == "*6\r\n$7\r\nEVALSHA\r\n$40\r\n\(script.sha1)\r\n$1\r\n2\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\n3\r\n")
        let whole = script.eval(keys: [], arguments: [])
        #expect(String(buffer: whole.encoded) == "*3\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n0\r\n")
    }
}
