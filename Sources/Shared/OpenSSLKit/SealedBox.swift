/// What AES-256-GCM makes of a plaintext: 12 bytes of nonce, the ciphertext, 16 bytes of tag.
public struct SealedBox: Sendable, Equatable {
    public static let nonceByteCount = 12
    public static let tagByteCount = 16

    public let nonce: [UInt8]
    public let ciphertext: [UInt8]
    public let tag: [UInt8]

    init(nonce: [UInt8], ciphertext: [UInt8], tag: [UInt8]) {
        self.nonce = nonce
        self.ciphertext = ciphertext
        self.tag = tag
    }

    /// Reads nonce ‖ ciphertext ‖ tag; nil if there are not even 28 bytes.
    public init?(combined: some Collection<UInt8>) {
        let bytes = Array(combined)
        guard bytes.count >= Self.nonceByteCount + Self.tagByteCount else { return nil }
        nonce = Array(bytes.prefix(Self.nonceByteCount))
        ciphertext = Array(bytes.dropFirst(Self.nonceByteCount).dropLast(Self.tagByteCount))
        tag = Array(bytes.suffix(Self.tagByteCount))
    }

    /// Nonce ‖ ciphertext ‖ tag.
    public var combined: [UInt8] {
        nonce + ciphertext + tag
    }
}
