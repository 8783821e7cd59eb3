import Testing

@testable import Tenants

@Suite("Comparing keys with what the database knows")
struct EncryptionCheckTests {
    private static let first = EncryptionKeyRingTests.first
    private static let second = EncryptionKeyRingTests.second

    private func stored(by configuration: String) throws -> [EncryptionCheck.StoredCheck] {
        let ring = try EncryptionKeyRing(parsing: configuration)
        return try ring.keyIDs.compactMap { try EncryptionCheck.seal(keyID: $0, ring: ring) }
    }

    @Test("an empty database takes any keys")
    func empty() throws {
        let ring = try EncryptionKeyRing(parsing: "a:\(Self.first),b:\(Self.second)")
        let outcome = try EncryptionCheck.compare([], with: ring)
        #expect(outcome.new == ["a", "b"])
        #expect(outcome.missing.isEmpty)
    }

    @Test("known keys are left alone")
    func known() throws {
        let ring = try EncryptionKeyRing(parsing: "a:\(Self.first)")
        let outcome = try EncryptionCheck.compare(stored(by: "a:\(Self.first)"), with: ring)
        #expect(outcome.new.isEmpty && outcome.missing.isEmpty)
    }

    @Test("another key under a known id is named")
    func differentKey() throws {
        let ring = try EncryptionKeyRing(parsing: "a:\(Self.second)")
        #expect(throws: EncryptionCheckError.keyDiffers(keyID: "a")) {
            try EncryptionCheck.compare(stored(by: "a:\(Self.first)"), with: ring)
        }
    }

    @Test("another key without an id is refused too")
    func unknownKey() throws {
        let ring = try EncryptionKeyRing(parsing: Self.second)
        let known = try stored(by: Self.first)
        let error = #expect(throws: EncryptionCheckError.self) { try EncryptionCheck.compare(known, with: ring) }
        #expect(error == .noKeyKnown(configured: ring.keyIDs, known: known.map(\.keyID)))
        #expect(error?.description.hasPrefix("WHATSAPP_ENCRYPTION_KEY: ") == true)
        #expect(error?.description.contains(ring.sealingKeyID) == true)
    }

    @Test("a new key joins beside a known one, under whatever id the known one has now")
    func rotation() throws {
        let ring = try EncryptionKeyRing(parsing: "new:\(Self.second),old:\(Self.first)")
        let outcome = try EncryptionCheck.compare(stored(by: Self.first), with: ring)
        #expect(outcome.new == ["new", "old"])
        #expect(outcome.missing.isEmpty)
    }

    @Test("a key that went away after another joined is reported as missing")
    func retired() throws {
        let ring = try EncryptionKeyRing(parsing: "new:\(Self.second)")
        let known = try stored(by: "new:\(Self.second),old:\(Self.first)")
        let outcome = try EncryptionCheck.compare(known, with: ring)
        #expect(outcome.new.isEmpty)
        #expect(outcome.missing == ["old"])
    }

    @Test("a check value that cannot be read is told apart from a wrong key")
    func unreadable() throws {
        let ring = try EncryptionKeyRing(parsing: "a:\(Self.first)")
        let error = #expect(throws: EncryptionCheckError.self) {
            try EncryptionCheck.compare([.init(keyID: "a", sealed: [9, 9])], with: ring)
        }
        #expect(error == .unreadable(keyID: "a", .unknownVersion(9)))
    }
}
