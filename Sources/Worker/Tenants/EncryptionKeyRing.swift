public import OpenSSLKit
public import OperationsKit

/// The keys of `WHATSAPP_ENCRYPTION_KEY`: the first seals, all open.
///
/// The value is base64 of 32 bytes, or several `id:base64` separated by commas while a key is being replaced. A key given
/// without an id gets one derived from its hash.
public struct EncryptionKeyRing: Sendable {
    private let keys: [EncryptionKey]
    private let sealing: EncryptionKey

    public init(_ settings: Settings) throws(SettingError) {
        let secret = try settings.requiredSecret(
            EncryptionKeySetting.variable, expected: EncryptionKeySetting.expectation)
        do throws(EncryptionKeyError) {
            try self.init(parsing: secret.reveal())
        } catch {
            throw SettingError(
                variable: EncryptionKeySetting.variable, problem: error.problem, expected: error.expected)
        }
    }

    public init(parsing text: String) throws(EncryptionKeyError) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        var keys: [EncryptionKey] = []
        for (index, part) in parts.enumerated() {
            let subject = parts.count == 1 ? "" : "key \(index + 1) of \(parts.count) "
            let key = try Self.key(part.trimmingBlanks(), subject: subject)
            if let earlier = keys.firstIndex(where: { $0.id == key.id }) {
                throw EncryptionKeyError(problem: "key \(index + 1) has the same id as key \(earlier + 1)")
            }
            keys.append(key)
        }
        guard let first = keys.first else { throw EncryptionKeyError(problem: "holds no key") }
        self.keys = keys
        sealing = first
    }

    /// The ids in the order of configuration; they are no secret.
    public var keyIDs: [String] { keys.map(\.id) }

    /// The id that new values get.
    public var sealingKeyID: String { sealing.id }

    /// One key as `WHATSAPP_ENCRYPTION_KEY` takes it.
    public static func generateKey() throws(OpenSSLError) -> String {
        var bytes = try randomBytes(AES256GCM.keyByteCount)
        defer { secureZero(&bytes) }
        return Base64.encode(bytes)
    }

    /// Seals under the first key. `context` is what opening must repeat: where the value belongs.
    func seal(_ plaintext: [UInt8], context: [UInt8]) throws(OpenSSLError) -> SealedValue {
        try Self.seal(plaintext, context: context, under: sealing)
    }

    /// Seals under the key of this id; nil if the ring does not hold it.
    func seal(_ plaintext: [UInt8], context: [UInt8], keyID: String) throws(OpenSSLError) -> SealedValue? {
        guard let key = keys.first(where: { $0.id == keyID }) else { return nil }
        return try Self.seal(plaintext, context: context, under: key)
    }

    /// Nil if no key opens it. The key of the value's id comes first; the others follow, because the same key may have
    /// been configured under another id, or without one, when the value was sealed.
    func open(_ value: SealedValue, context: [UInt8]) throws(OpenSSLError) -> [UInt8]? {
        let associatedData = value.header + context
        for key in keys.filter({ $0.id == value.keyID }) + keys.filter({ $0.id != value.keyID }) {
            if let plaintext = try key.cipher.open(value.box, associatedData: associatedData) { return plaintext }
        }
        return nil
    }

    /// The header is authenticated too, so that a value cannot be relabelled.
    private static func seal(
        _ plaintext: [UInt8], context: [UInt8], under key: EncryptionKey
    ) throws(OpenSSLError) -> SealedValue {
        let header = SealedValue.header(keyID: key.id)
        return SealedValue(keyID: key.id, box: try key.cipher.seal(plaintext, associatedData: header + context))
    }

    private static func key(_ text: Substring, subject: String) throws(EncryptionKeyError) -> EncryptionKey {
        guard !text.isEmpty else { throw EncryptionKeyError(problem: "\(subject)is blank") }
        let encoded: Substring
        var id: String?
        if let colon = text.firstIndex(of: ":") {
            guard EncryptionKey.isValidID(text[..<colon]) else {
                throw EncryptionKeyError(
                    problem: "\(subject)has an id that is not 1 to 32 letters, digits, dots, underscores or hyphens")
            }
            id = String(text[..<colon])
            encoded = text[text.index(after: colon)...]
        } else {
            encoded = text
        }
        guard var bytes = Base64.decode(String(encoded)) else {
            throw EncryptionKeyError(problem: "\(subject)is not standard base64 with its padding")
        }
        defer { secureZero(&bytes) }
        guard let cipher = AES256GCM(key: bytes) else {
            throw EncryptionKeyError(
                problem: "\(subject)holds \(bytes.count) bytes instead of \(AES256GCM.keyByteCount)")
        }
        return EncryptionKey(id: id ?? EncryptionKey.derivedID(of: bytes), cipher: cipher)
    }
}
