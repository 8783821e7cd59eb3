import OpenSSLKit
import Testing

@testable import Tenants

@Suite("Sealing access tokens")
struct TokenSealerTests {
    private let sealer: TokenSealer
    private let token: AccessToken
    private let number: PhoneNumberID

    init() throws {
        sealer = TokenSealer(ring: try EncryptionKeyRing(parsing: "main:\(EncryptionKeyRingTests.first)"))
        token = try #require(AccessToken("EAAG-token-é👋"))
        number = try #require(PhoneNumberID("106540352242922"))
    }

    @Test("a token opens for its own tenant and number")
    func roundTrip() throws {
        let sealed = try sealer.seal(token, tenantID: TenantID(7), phoneNumberID: number)
        #expect(sealed.starts(with: [1, 4] + Array("main".utf8)))
        #expect(sealed.count == 6 + 12 + token.reveal().utf8.count + 16)
        #expect(try sealer.open(sealed, tenantID: TenantID(7), phoneNumberID: number) == token)
    }

    @Test("a token copied to another tenant or number does not open")
    func otherRow() throws {
        let sealed = try sealer.seal(token, tenantID: TenantID(7), phoneNumberID: number)
        let otherNumber = try #require(PhoneNumberID("106540352242923"))
        #expect(throws: SealedValueError.notOurs(keyID: "main")) {
            try sealer.open(sealed, tenantID: TenantID(8), phoneNumberID: number)
        }
        #expect(throws: SealedValueError.notOurs(keyID: "main")) {
            try sealer.open(sealed, tenantID: TenantID(7), phoneNumberID: otherNumber)
        }
    }

    @Test("a tenant id and a number that run together like another pair do not open")
    func ambiguity() throws {
        let first = try #require(PhoneNumberID("23"))
        let second = try #require(PhoneNumberID("3"))
        let sealed = try sealer.seal(token, tenantID: TenantID(1), phoneNumberID: first)
        #expect(throws: SealedValueError.notOurs(keyID: "main")) {
            try sealer.open(sealed, tenantID: TenantID(12), phoneNumberID: second)
        }
    }

    @Test("a value under a key that is not configured says which key is needed")
    func missingKey() throws {
        let other = TokenSealer(ring: try EncryptionKeyRing(parsing: "other:\(EncryptionKeyRingTests.second)"))
        let sealed = try sealer.seal(token, tenantID: TenantID(7), phoneNumberID: number)
        let error = #expect(throws: SealedValueError.self) {
            try other.open(sealed, tenantID: TenantID(7), phoneNumberID: number)
        }
        #expect(error == .keyMissing(keyID: "main", configured: ["other"]))
        #expect(error?.description.contains("main") == true)
    }

    @Test("no changed or cut value opens, and none crashes")
    func damage() throws {
        let sealed = try sealer.seal(token, tenantID: TenantID(7), phoneNumberID: number)
        for position in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[position] ^= 1 << bit
                #expect(throws: SealedValueError.self) {
                    try sealer.open(changed, tenantID: TenantID(7), phoneNumberID: number)
                }
            }
            #expect(throws: SealedValueError.self) {
                try sealer.open(Array(sealed.prefix(position)), tenantID: TenantID(7), phoneNumberID: number)
            }
        }
        #expect(throws: SealedValueError.unknownVersion(2)) {
            try sealer.open([2] + sealed.dropFirst(), tenantID: TenantID(7), phoneNumberID: number)
        }
    }

    @Test("the same token is sealed differently each time")
    func fresh() throws {
        let once = try sealer.seal(token, tenantID: TenantID(7), phoneNumberID: number)
        #expect(try sealer.seal(token, tenantID: TenantID(7), phoneNumberID: number) != once)
    }
}
