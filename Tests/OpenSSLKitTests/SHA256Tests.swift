import OpenSSLKit
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    @Test(
        "a text has the digest that FIPS 180-4's examples give",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func published(text: String, digest: String) {
        #expect(SHA256.hash(text).hex == digest)
        var incremental = SHA256()
        for byte in text.utf8 { incremental.update([byte]) }
        #expect(incremental.finalized().hex == digest)
    }

    @Test("chunks of any size give what the openssl command gives", arguments: [1, 63, 64, 65, 4096])
    func chunks(size: Int) throws {
        let message = try randomBytes(20_000)
        var hash = SHA256()
        for start in stride(from: 0, to: message.count, by: size) {
            hash.update(Array(message[start..<min(start + size, message.count)]))
        }
        let expected = try OpenSSLTool.sha256(of: message)
        #expect(hash.finalized().hex == expected)
        #expect(SHA256.hash(message).hex == expected)
    }

    @Test("a digest can be asked for in the middle")
    func middle() {
        var hash = SHA256()
        hash.update("ab")
        #expect(hash.finalized() == SHA256.hash("ab"))
        hash.update("c")
        #expect(hash.finalized() == SHA256.hash("abc"))
    }

    @Test("a digest is read back from its bytes and its hex digits only")
    func reading() throws {
        let digest = SHA256.hash("abc")
        #expect(SHA256Digest(digest.bytes) == digest)
        #expect(SHA256Digest(lowercaseHex: digest.hex) == digest)
        #expect(SHA256Digest(Array(digest.bytes.dropLast())) == nil)
        #expect(SHA256Digest(digest.bytes + [0]) == nil)
        #expect(SHA256Digest(lowercaseHex: digest.hex.uppercased()) == nil)
        #expect(SHA256Digest(lowercaseHex: String(digest.hex.dropLast())) == nil)
        #expect(SHA256Digest(lowercaseHex: digest.hex + "0") == nil)
    }

    @Test("digests that differ in any one bit are unequal")
    func oneBit() throws {
        let digest = SHA256.hash("abc")
        for position in 0..<SHA256Digest.byteCount {
            for bit in 0..<8 {
                var bytes = digest.bytes
                bytes[position] ^= 1 << bit
                #expect(SHA256Digest(bytes) != digest)
            }
        }
    }
}
