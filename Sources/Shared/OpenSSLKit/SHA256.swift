import COpenSSL

/// SHA-256 (FIPS 180-4), in one step or chunk by chunk.
///
/// A value without references: copying it copies the state, and hashing allocates nothing.
public struct SHA256: Sendable {
    private var state = SHA256_CTX()

    public init() {
        quoteline_sha256_init(&state)
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        quoteline_sha256_update(&state, start, bytes.count)
    }

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Adds the text's UTF-8 bytes.
    public mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// The digest of what was added so far; this value can go on being updated.
    public func finalized() -> SHA256Digest {
        var copy = self
        return copy.finish()
    }

    public static func hash(_ bytes: UnsafeRawBufferPointer) -> SHA256Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    public static func hash(_ bytes: [UInt8]) -> SHA256Digest {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// The digest of the text's UTF-8 bytes.
    public static func hash(_ text: String) -> SHA256Digest {
        var text = text
        return text.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
    }

    /// Ends the state in place, without the copy that ``finalized()`` makes.
    mutating func finish() -> SHA256Digest {
        SHA256Digest { destination in
            quoteline_sha256_final(destination, &state)
        }
    }
}
