import Foundation
import OpenSSLKit
import Testing

@Suite("Hex, base64, comparison and erasure")
struct EncodingTests {
    @Test("hex survives the way there and back for every byte")
    func hexRoundTrip() {
        let bytes = Array(UInt8.min...UInt8.max)
        let text = Hex.encode(bytes)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
        #expect(Hex.decode(text) == bytes)
        #expect(Hex.decode("") == [])
    }

    @Test(
        "hex that is not pairs of lowercase digits is refused",
        arguments: ["0", "0A", "0g", "0x12", " 00", "00 ", "/0", ":0", "`0", "é"])
    func hexRefused(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test(
        "base64 gives RFC 4648's examples",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func base64Examples(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
        let unpadded = String(encoded.prefix { $0 != "=" })
        #expect(Base64.encodeForURL(Array(text.utf8)) == unpadded)
    }

    @Test("base64 of random bytes agrees with Foundation's")
    func base64Random() throws {
        for length in 0..<200 {
            let bytes = try randomBytes(length)
            let text = Base64.encode(bytes)
            #expect(text == Data(bytes).base64EncodedString())
            #expect(Base64.decode(text) == bytes)
        }
        #expect(Base64.encodeForURL([0xfb, 0xff, 0xfe]) == "-__-")
    }

    @Test(
        "base64 that is not the one spelling of a value is refused",
        arguments: [
            "Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm9v====", "Zg==Zg==",
            "-__-", "Zm=v", "Zm9\u{e9}",
        ])
    func base64Refused(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("constant-time comparison is equality")
    func comparison() {
        #expect(constantTimeEquals([], []))
        #expect(constantTimeEquals([1, 2], [1, 2]))
        #expect(!constantTimeEquals([1, 2], [1, 3]))
        #expect(!constantTimeEquals([1, 2], [0, 2]))
        #expect(!constantTimeEquals([1, 2], [1]))
        #expect(!constantTimeEquals([], [1]))
    }

    @Test("zeroed bytes are zero")
    func zeroing() {
        var bytes: [UInt8] = [1, 2, 3]
        secureZero(&bytes)
        #expect(bytes == [0, 0, 0])
    }

    @Test("random bytes come in the length asked for and differ")
    func random() throws {
        #expect(try randomBytes(0).isEmpty)
        #expect(try randomBytes(33).count == 33)
        #expect(try randomBytes(32) != randomBytes(32))
    }
}
