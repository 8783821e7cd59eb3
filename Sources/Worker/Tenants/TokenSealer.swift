public import OpenSSLKit

/// Seals access tokens for the database and opens them again.
///
/// A token is bound to its tenant and number: copied into another row it does not open.
public struct TokenSealer: Sendable {
    private let ring: EncryptionKeyRing

    public init(ring: EncryptionKeyRing) {
        self.ring = ring
    }

    public func seal(
        _ token: AccessToken, tenantID: TenantID, phoneNumberID: PhoneNumberID
    ) throws(OpenSSLError) -> [UInt8] {
        var plaintext = Array(token.reveal().utf8)
        defer { secureZero(&plaintext) }
        return try ring.seal(plaintext, context: Self.context(tenantID, phoneNumberID)).bytes
    }

    /// Throws a ``SealedValueError``, or an `OpenSSLError` where OpenSSL itself failed.
    public func open(_ sealed: [UInt8], tenantID: TenantID, phoneNumberID: PhoneNumberID) throws -> AccessToken {
        let value = try SealedValue(bytes: sealed)
        guard var plaintext = try ring.open(value, context: Self.context(tenantID, phoneNumberID)) else {
            guard ring.keyIDs.contains(value.keyID) else {
                throw SealedValueError.keyMissing(keyID: value.keyID, configured: ring.keyIDs)
            }
            throw SealedValueError.notOurs(keyID: value.keyID)
        }
        defer { secureZero(&plaintext) }
        return AccessToken(unchecked: String(decoding: plaintext, as: UTF8.self))
    }

    /// A label, the tenant id in 8 bytes, then the number: of fixed length save the last, so that no two pairs give the
    /// same bytes.
    private static func context(_ tenantID: TenantID, _ phoneNumberID: PhoneNumberID) -> [UInt8] {
        var context = Array("quoteline access token\0".utf8)
        withUnsafeBytes(of: tenantID.value.bigEndian) { context.append(contentsOf: $0) }
        context.append(contentsOf: phoneNumberID.text.utf8)
        return context
    }
}
