import OpenSSLKit
import Testing

@Suite("AES-256-GCM")
struct AES256GCMTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let number: Int
        let key: String
        let nonce: String
        let plaintext: String
        let associatedData: String
        let ciphertext: String
        let tag: String

        var testDescription: String { "case \(number)" }
    }

    private static let key = String(repeating: "feffe9928665731c6d6a8f9467308308", count: 2)
    private static let plaintext =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
    private static let ciphertext =
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"

    /// The 256-bit cases with a 96-bit nonce of "The Galois/Counter Mode of Operation", appendix B, submitted to NIST.
    static let vectors = [
        Vector(
            number: 13, key: String(repeating: "0", count: 64), nonce: String(repeating: "0", count: 24),
            plaintext: "", associatedData: "", ciphertext: "", tag: "530f8afbc74536b9a963b4f1c4cb738b"),
        Vector(
            number: 14, key: String(repeating: "0", count: 64), nonce: String(repeating: "0", count: 24),
            plaintext: String(repeating: "0", count: 32), associatedData: "",
            ciphertext: "cea7403d4d606b6e074ec5d3baf39d18", tag: "d0d1c8a799996bf0265b98b5d48ab919"),
        Vector(
            number: 15, key: key, nonce: "cafebabefacedbaddecaf888", plaintext: plaintext, associatedData: "",
            ciphertext: ciphertext, tag: "b094dac5d93471bdec1a502270e3cc6c"),
        Vector(
            number: 16, key: key, nonce: "cafebabefacedbaddecaf888", plaintext: String(plaintext.prefix(120)),
            associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2", ciphertext: String(ciphertext.prefix(120)),
            tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
    ]

    @Test("sealing gives the published ciphertext and tag, and opening gives the plaintext", arguments: vectors)
    func published(_ vector: Vector) throws {
        let key = try #require(Hex.decode(vector.key))
        let cipher = try #require(AES256GCM(key: key))
        let plaintext = try #require(Hex.decode(vector.plaintext))
        let associatedData = try #require(Hex.decode(vector.associatedData))
        let nonce = try #require(Hex.decode(vector.nonce))
        let box = try cipher.seal(plaintext, associatedData: associatedData, nonce: nonce)
        #expect(Hex.encode(box.ciphertext) == vector.ciphertext)
        #expect(Hex.encode(box.tag) == vector.tag)
        #expect(try cipher.open(box, associatedData: associatedData) == plaintext)
    }

    @Test("no changed bit of the nonce, the ciphertext or the tag opens")
    func tampering() throws {
        let cipher = try #require(AES256GCM(key: randomBytes(32)))
        let sealed = try cipher.seal(Array("token".utf8), associatedData: [1, 2]).combined
        for position in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[position] ^= 1 << bit
                let box = try #require(SealedBox(combined: changed))
                #expect(try cipher.open(box, associatedData: [1, 2]) == nil)
            }
        }
        let untouched = try #require(SealedBox(combined: sealed))
        #expect(try cipher.open(untouched, associatedData: [1, 2]) == Array("token".utf8))
    }

    @Test("another key or other associated data does not open")
    func context() throws {
        let cipher = try #require(AES256GCM(key: randomBytes(32)))
        let other = try #require(AES256GCM(key: randomBytes(32)))
        let box = try cipher.seal([1, 2, 3], associatedData: [4])
        #expect(try other.open(box, associatedData: [4]) == nil)
        for associatedData in [[], [5], [4, 0]] as [[UInt8]] {
            #expect(try cipher.open(box, associatedData: associatedData) == nil)
        }
    }

    @Test("each seal takes a fresh nonce")
    func nonces() throws {
        let cipher = try #require(AES256GCM(key: randomBytes(32)))
        var nonces: Set<[UInt8]> = []
        for _ in 0..<1_000 {
            nonces.insert(try cipher.seal([1], associatedData: []).nonce)
        }
        #expect(nonces.count == 1_000)
    }

    @Test("a key that is not 32 bytes long is refused", arguments: [0, 16, 31, 33])
    func keyLength(count: Int) {
        #expect(AES256GCM(key: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test("a box too short for nonce and tag is no box")
    func shortBox() {
        #expect(SealedBox(combined: [UInt8](repeating: 0, count: 27)) == nil)
        #expect(SealedBox(combined: [UInt8](repeating: 0, count: 28))?.ciphertext.isEmpty == true)
    }
}
