import OpenSSLKit

/// A sealed secret as it is stored: one byte of version, one byte with the length of the key id, the key id, 12 bytes of
/// nonce, the ciphertext, 16 bytes of tag.
struct SealedValue: Sendable, Equatable {
    static let version: UInt8 = 1

    let keyID: String
    let box: SealedBox

    init(keyID: String, box: SealedBox) {
        self.keyID = keyID
        self.box = box
    }

    init(bytes: [UInt8]) throws(SealedValueError) {
        guard let version = bytes.first else { throw .damaged }
        guard version == Self.version else { throw .unknownVersion(version) }
        guard bytes.count >= 2 else { throw .damaged }
        let idLength = Int(bytes[1])
        let rest = bytes.dropFirst(2)
        guard EncryptionKey.idLengths.contains(idLength), rest.count >= idLength else { throw .damaged }
        let id = String(decoding: rest.prefix(idLength), as: UTF8.self)
        guard EncryptionKey.isValidID(id), let box = SealedBox(combined: rest.dropFirst(idLength)) else {
            throw .damaged
        }
        self.init(keyID: id, box: box)
    }

    var bytes: [UInt8] { header + box.combined }

    /// All before the nonce: the beginning of every value that is sealed under this key.
    var header: [UInt8] { Self.header(keyID: keyID) }

    static func header(keyID: String) -> [UInt8] {
        [version, UInt8(truncatingIfNeeded: keyID.utf8.count)] + Array(keyID.utf8)
    }
}
