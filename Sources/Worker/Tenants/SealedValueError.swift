/// Why a sealed value gives no secret.
public enum SealedValueError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Written by a newer version of the program.
    case unknownVersion(UInt8)
    /// Not even the form is right.
    case damaged
    /// Sealed under a key that is not configured.
    case keyMissing(keyID: String, configured: [String])
    /// The key is there, but the bytes were changed, or belong to another tenant or number.
    case notOurs(keyID: String)

    public var description: String {
        switch self {
        case .unknownVersion(let version):
            "the sealed value has version \(version), which this version of the program does not know"
        case .damaged:
            "the sealed value is damaged"
        case .keyMissing(let keyID, let configured):
            """
            the value is sealed with key \(keyID), but \(EncryptionKeySetting.variable) holds only \
            \(configured.joined(separator: ", "))
            """
        case .notOurs(let keyID):
            "the sealed value does not open with key \(keyID): it was changed, or it belongs to another tenant or number"
        }
    }
}
