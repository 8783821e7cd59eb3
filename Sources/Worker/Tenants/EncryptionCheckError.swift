public import OperationsKit

/// The configured encryption keys are not those that this database was used with.
public enum EncryptionCheckError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The database knows another key by this id.
    case keyDiffers(keyID: String)
    /// None of the configured keys is known to the database, which knows others.
    case noKeyKnown(configured: [String], known: [String])
    /// Access tokens are sealed under a key that is not configured any more.
    case tokensUnderMissingKey(keyID: String, tokens: Int64)
    /// The check value of this key cannot be read.
    case unreadable(keyID: String, SealedValueError)

    /// For ending the process as for any other wrong setting.
    public var settingError: SettingError {
        SettingError(variable: EncryptionKeySetting.variable, problem: problem, expected: expected)
    }

    public var description: String { settingError.description }

    private var problem: String {
        switch self {
        case .keyDiffers(let keyID):
            "key \(keyID) is not the key that this database knows by that id"
        case .noKeyKnown(let configured, let known):
            """
            this database was used with \(Self.list(known)), but only \(Self.list(configured)) \
            \(configured.count == 1 ? "is" : "are") configured
            """
        case .tokensUnderMissingKey(let keyID, let tokens):
            """
            \(tokens) access \(tokens == 1 ? "token is" : "tokens are") sealed under key \(keyID), which is not \
            configured
            """
        case .unreadable(let keyID, let error):
            "the check value of key \(keyID) in table encryption_check cannot be read: \(error)"
        }
    }

    private var expected: String {
        switch self {
        case .keyDiffers:
            "the key that was configured before, or a new id for the new key, with the old id:key after it"
        case .noKeyKnown:
            """
            a key that the database knows, alone or after a new one (new:key,old:key); if it is lost, the stored access \
            tokens are lost too: delete all rows of encryption_check and set each tenant's token again
            """
        case .tokensUnderMissingKey:
            "that key too, after the one that seals (new:key,old:key), until all tokens are sealed anew"
        case .unreadable:
            "a database that no newer version of the program has written to"
        }
    }

    private static func list(_ keyIDs: [String]) -> String {
        (keyIDs.count == 1 ? "key " : "keys ") + keyIDs.joined(separator: ", ")
    }
}
