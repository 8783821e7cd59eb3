import OpenSSLKit
import OperationsKit
import Testing

@testable import Tenants

@Suite("The key ring")
struct EncryptionKeyRingTests {
    static let first = Base64.encode([UInt8](repeating: 1, count: 32))
    static let second = Base64.encode([UInt8](repeating: 2, count: 32))

    @Test("one key without an id gets one from its hash, always the same")
    func derivedID() throws {
        let ring = try EncryptionKeyRing(parsing: Self.first)
        #expect(ring.keyIDs.count == 1)
        #expect(ring.sealingKeyID.hasPrefix("k") && ring.sealingKeyID.count == 17)
        #expect(try EncryptionKeyRing(parsing: Self.first).sealingKeyID == ring.sealingKeyID)
        #expect(try EncryptionKeyRing(parsing: Self.second).sealingKeyID != ring.sealingKeyID)
    }

    @Test("of several keys the first seals and all open")
    func rotation() throws {
        let old = try EncryptionKeyRing(parsing: "2025:\(Self.first)")
        let both = try EncryptionKeyRing(parsing: "2026:\(Self.second), 2025:\(Self.first)")
        let new = try EncryptionKeyRing(parsing: "2026:\(Self.second)")
        #expect(both.keyIDs == ["2026", "2025"])
        let sealedBefore = try old.seal([1, 2], context: [3])
        let sealedAfter = try both.seal([4], context: [3])
        #expect(sealedAfter.keyID == "2026")
        #expect(try both.open(sealedBefore, context: [3]) == [1, 2])
        #expect(try both.open(sealedAfter, context: [3]) == [4])
        #expect(try new.open(sealedAfter, context: [3]) == [4])
        #expect(try new.open(sealedBefore, context: [3]) == nil)
        #expect(try both.open(sealedBefore, context: []) == nil)
    }

    @Test("a key that got an id later, or lost it, still opens what it sealed")
    func renamedKey() throws {
        let unnamed = try EncryptionKeyRing(parsing: Self.first)
        let named = try EncryptionKeyRing(parsing: "new:\(Self.second),old:\(Self.first)")
        #expect(try named.open(unnamed.seal([7], context: []), context: []) == [7])
        let renamed = try EncryptionKeyRing(parsing: "old:\(Self.first)").seal([8], context: [])
        #expect(try unnamed.open(renamed, context: []) == [8])
    }

    @Test("a value relabelled with another key's id does not open")
    func relabelled() throws {
        let ring = try EncryptionKeyRing(parsing: "a:\(Self.first),b:\(Self.second)")
        let sealed = try ring.seal([1], context: [])
        let relabelled = SealedValue(keyID: "b", box: sealed.box)
        #expect(try ring.open(relabelled, context: []) == nil)
    }

    @Test("a generated key is accepted, and no two are alike")
    func generated() throws {
        let key = try EncryptionKeyRing.generateKey()
        #expect(key.count == 44)
        #expect(try EncryptionKeyRing(parsing: key).keyIDs.count == 1)
        #expect(try EncryptionKeyRing.generateKey() != key)
    }

    @Test(
        "a value that is no key is refused, and the problem is named",
        arguments: [
            ("", "is blank"),
            ("   ", "is blank"),
            ("not base64!", "is not standard base64 with its padding"),
            (String(first.dropLast()), "is not standard base64 with its padding"),
            ("c2hvcnQ=", "holds 5 bytes instead of 32"),
            ("\(first),", "key 2 of 2 is blank"),
            ("a:\(first),a:\(second)", "key 2 has the same id as key 1"),
            ("\(first),\(first)", "key 2 has the same id as key 1"),
            (
                "a b:\(first)",
                "has an id that is not 1 to 32 letters, digits, dots, underscores or hyphens"
            ),
            (
                "a:\(first),:\(second)",
                "key 2 of 2 has an id that is not 1 to 32 letters, digits, dots, underscores or hyphens"
            ),
            (
                "\(first):old",
                "has an id that is not 1 to 32 letters, digits, dots, underscores or hyphens"
            ),
            ("a:", "holds 0 bytes instead of 32"),
        ])
    func refused(text: String, problem: String) {
        let error = #expect(throws: EncryptionKeyError.self) { try EncryptionKeyRing(parsing: text) }
        #expect(error?.problem == problem)
    }

    @Test("the settings' error names the variable and never shows the value")
    func settings() throws {
        let wrong = Settings(environment: ["WHATSAPP_ENCRYPTION_KEY": "id:SecretLookingValue"])
        let error = #expect(throws: SettingError.self) { try EncryptionKeyRing(wrong) }
        #expect(error?.description.hasPrefix("WHATSAPP_ENCRYPTION_KEY: ") == true)
        #expect(error?.description.contains("SecretLooking") == false)
        #expect(throws: SettingError.self) { try EncryptionKeyRing(Settings(environment: [:])) }
        let right = Settings(environment: ["WHATSAPP_ENCRYPTION_KEY": "id:\(Self.first)"])
        #expect(try EncryptionKeyRing(right).keyIDs == ["id"])
    }

    @Test("a ring never shows its keys")
    func redaction() throws {
        let ring = try EncryptionKeyRing(parsing: "main:\(Self.first)")
        #expect(!String(reflecting: ring).contains(Self.first))
        var dumped = ""
        dump(ring, to: &dumped)
        #expect(!dumped.contains(Self.first) && !dumped.contains("[1, 1"))
    }
}
