import OpenSSLKit
import Testing

@Suite("HMAC-SHA256")
struct HMACSHA256Tests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let number: Int
        let key: [UInt8]
        let message: [UInt8]
        let tag: String

        var testDescription: String { "RFC 4231, case \(number)" }
    }

    /// RFC 4231, section 4; case 5 tests truncation, which is not offered.
    static let vectors = [
        Vector(
            number: 1, key: [UInt8](repeating: 0x0b, count: 20), message: Array("Hi There".utf8),
            tag: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Vector(
            number: 2, key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            tag: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Vector(
            number: 3, key: [UInt8](repeating: 0xaa, count: 20), message: [UInt8](repeating: 0xdd, count: 50),
            tag: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        Vector(
            number: 4, key: Array(0x01...0x19), message: [UInt8](repeating: 0xcd, count: 50),
            tag: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        Vector(
            number: 6, key: [UInt8](repeating: 0xaa, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            tag: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Vector(
            number: 7, key: [UInt8](repeating: 0xaa, count: 131),
            message: Array(
                """
                This is a test using a larger than block-size key and a larger than block-size data. \
                The key needs to be hashed before being used by the HMAC algorithm.
                """.utf8),
            tag: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test("a whole message gets the published tag", arguments: vectors)
    func wholeMessage(_ vector: Vector) {
        #expect(HMACSHA256(key: vector.key).authenticate(vector.message).hex == vector.tag)
    }

    @Test("a message fed byte by byte gets the published tag", arguments: vectors)
    func byteByByte(_ vector: Vector) {
        var message = HMACSHA256(key: vector.key).begin()
        for byte in vector.message { message.update([byte]) }
        #expect(message.finalized().hex == vector.tag)
    }

    @Test("one key serves many messages, interleaved, without one leaking into another")
    func keyIsReusable() {
        let hmac = HMACSHA256(key: "secret")
        var first = hmac.begin()
        var second = hmac.begin()
        first.update(Array("on".utf8))
        second.update(Array("tw".utf8))
        let early = first
        first.update(Array("e".utf8))
        second.update(Array("o".utf8))
        #expect(first.finalized() == hmac.authenticate("one"))
        #expect(second.finalized() == hmac.authenticate("two"))
        #expect(early.finalized() == hmac.authenticate("on"))
        #expect(first.finalized() == first.finalized())
    }

    @Test("an empty message under an empty key has the tag that is known for it")
    func emptyMessage() {
        let expected = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        let hmac = HMACSHA256(key: [])
        #expect(hmac.authenticate([]).hex == expected)
        #expect(hmac.authenticate("").hex == expected)
        #expect(hmac.begin().finalized().hex == expected)
    }

    @Test("keys and messages around the block size agree with the openssl command", arguments: [1, 63, 64, 65, 200])
    func agreesWithTheCommand(keyLength: Int) throws {
        for messageLength in [0, 1, 55, 56, 63, 64, 65, 500, 70_000] {
            let key = try randomBytes(keyLength)
            let message = try randomBytes(messageLength)
            let expected = try OpenSSLTool.hmacSHA256(of: message, hexKey: Hex.encode(key))
            let hmac = HMACSHA256(key: key)
            #expect(hmac.authenticate(message).hex == expected)
            var chunked = hmac.begin()
            for start in stride(from: 0, to: message.count, by: 37) {
                chunked.update(Array(message[start..<min(start + 37, message.count)]))
            }
            #expect(chunked.finalized().hex == expected)
        }
    }

    @Test("a keyed state shows nothing that could sign")
    func redaction() {
        let hmac = HMACSHA256(key: "secret")
        for value in [hmac, hmac.begin()] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            #expect("\(value)".hasSuffix("(<redacted>)"))
            #expect(dumped.split(separator: "\n").count == 1)
        }
    }
}
