internal import OpenSSLKit

/// The digests that Meta announces for one file: in the webhook and in the look-up. Its pages show base64 and hexadecimal
/// digits, so what counts is the bytes that either stands for.
struct MediaDigests: Sendable, Equatable {
    let expected: Set<SHA256Digest>

    /// What is no SHA-256 in either form says nothing.
    init(_ announced: String?...) {
        expected = Set(announced.compactMap { $0 }.compactMap(Self.read))
    }

    /// Whether the file is the one that was announced; also if no digest was.
    func fit(_ digest: SHA256Digest) -> Bool { expected.allSatisfy { $0 == digest } }

    private static func read(_ text: String) -> SHA256Digest? {
        if text.utf8.count == 64, let bytes = Hex.decode(text.lowercased()) { return SHA256Digest(bytes) }
        return Base64.decode(text).flatMap(SHA256Digest.init)
    }
}
