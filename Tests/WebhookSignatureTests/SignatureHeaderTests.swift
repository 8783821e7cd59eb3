import OpenSSLKit
import Testing
import WebhookSignature

@Suite("The signature header")
struct SignatureHeaderTests {
    static let digits = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"

    @Test("a well-formed value is read and written alike")
    func wellFormed() throws {
        let header = try SignatureHeader("sha256=\(Self.digits)")
        #expect(header.digest.hex == Self.digits)
        #expect(header.value == "sha256=\(Self.digits)")
    }

    @Test(
        "a malformed value is refused with its reason",
        arguments: [
            ("", .wrongPrefix),
            (digits, .wrongPrefix),
            ("sha1=\(digits)", .wrongPrefix),
            ("SHA256=\(digits)", .wrongPrefix),
            ("sha256:\(digits)", .wrongPrefix),
            (" sha256=\(digits)", .wrongPrefix),
            ("sha256", .wrongPrefix),
            ("sha256=", .wrongLength),
            ("sha256=\(digits)0", .wrongLength),
            ("sha256=\(digits) ", .wrongLength),
            ("sha256=\(digits.dropLast())", .wrongLength),
            ("sha256=\(digits), sha256=\(digits)", .wrongLength),
            ("sha256=\(digits.uppercased())", .wrongDigit),
            ("sha256=\(digits.dropLast())F", .wrongDigit),
            ("sha256=\(digits.dropLast())g", .wrongDigit),
            ("sha256= \(digits.dropLast())", .wrongDigit),
            ("sha256=\(digits.dropLast())\0", .wrongDigit),
            ("sha256=\(digits.dropLast(2))é", .wrongDigit),
        ] as [(String, SignatureRejection)])
    func malformed(value: String, rejection: SignatureRejection) {
        #expect(throws: rejection) { try SignatureHeader(value) }
    }

    @Test("the header must be there exactly once")
    func count() throws {
        let value = "sha256=\(Self.digits)"
        #expect(throws: SignatureRejection.missingHeader) { try SignatureHeader(values: []) }
        #expect(throws: SignatureRejection.repeatedHeader) { try SignatureHeader(values: [value, value]) }
        #expect(throws: SignatureRejection.repeatedHeader) { try SignatureHeader(values: ["", value]) }
        #expect(try SignatureHeader(values: [value]).digest.hex == Self.digits)
    }

    @Test("random and mutated values are accepted only when they are the one spelling", arguments: 0..<20)
    func mutations(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let valid = Array("sha256=\(Self.digits)".utf8)
        for _ in 0..<2_000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[position] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: position)
                case 2: bytes.remove(at: position)
                default: bytes[position] ^= 0x20
                }
            }
            let parsed = bytes.withUnsafeBufferPointer { try? SignatureHeader(utf8: $0) }
            #expect((parsed != nil) == Self.isOneSpelling(bytes))
            if let parsed { #expect(Array(parsed.value.utf8) == bytes) }
        }
    }

    private static func isOneSpelling(_ bytes: [UInt8]) -> Bool {
        let digits = Set("0123456789abcdef".utf8)
        return bytes.count == 71 && bytes.starts(with: "sha256=".utf8) && bytes.dropFirst(7).allSatisfy(digits.contains)
    }
}
