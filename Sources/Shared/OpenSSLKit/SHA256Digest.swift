/// The 32 bytes of a SHA-256 digest or an HMAC-SHA256 tag, held inline.
///
/// `==` takes the same time wherever the bytes differ.
public struct SHA256Digest: Sendable, Hashable {
    public static let byteCount = 32

    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Nil unless there are exactly 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    /// Nil unless the text is exactly 64 digits of `0-9a-f`.
    public init?(lowercaseHex digits: UnsafeBufferPointer<UInt8>) {
        guard digits.count == 2 * Self.byteCount else { return nil }
        let isHex = withUnsafeMutableBytes(of: &words) { destination in
            Hex.decode(digits, into: destination)
        }
        guard isHex else { return nil }
    }

    /// Nil unless the text is exactly 64 digits of `0-9a-f`.
    public init?(lowercaseHex text: String) {
        var text = text
        guard let digest = text.withUTF8({ SHA256Digest(lowercaseHex: $0) }) else { return nil }
        self = digest
    }

    /// `write` must fill all 32 bytes.
    init(write: (UnsafeMutablePointer<UInt8>) -> Void) {
        withUnsafeMutableBytes(of: &words) { raw in
            raw.withMemoryRebound(to: UInt8.self) { bytes in
                guard let start = bytes.baseAddress else { return }
                write(start)
            }
        }
    }

    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Swift.withUnsafeBytes(of: words, body)
    }

    public var bytes: [UInt8] {
        withUnsafeBytes { Array($0) }
    }

    /// 64 lowercase digits.
    public var hex: String {
        withUnsafeBytes { Hex.encode($0) }
    }

    public static func == (left: SHA256Digest, right: SHA256Digest) -> Bool {
        left.withUnsafeBytes { leftBytes in
            right.withUnsafeBytes { constantTimeEquals(leftBytes, $0) }
        }
    }

    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
