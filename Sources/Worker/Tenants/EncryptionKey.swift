import OpenSSLKit

/// One AES-256 key and the id that values sealed under it carry.
struct EncryptionKey: Sendable {
    static let idLengths = 1...32

    let id: String
    let cipher: AES256GCM

    /// An id that the operator chose: letters, digits, `.`, `_` and `-`.
    static func isValidID(_ id: some StringProtocol) -> Bool {
        idLengths.contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// The id of a key that was configured without one: 64 bits of a hash, enough to tell keys apart and useless for
    /// finding the key. The label keeps the digest apart from any other use of the key.
    static func derivedID(of key: [UInt8]) -> String {
        var hash = SHA256()
        hash.update("quoteline encryption key id\0")
        hash.update(key)
        return "k" + hash.finalized().hex.prefix(16)
    }
}
