public import OpenSSLKit

/// The value of Meta's `X-Hub-Signature-256` header: `sha256=` and the 64 lowercase hexadecimal digits of an HMAC-SHA256
/// (developers.facebook.com, "Webhooks: getting started", validating payloads).
///
/// Parsing accepts exactly that spelling, allocates nothing, and says what is wrong otherwise.
public struct SignatureHeader: Sendable, Equatable {
    public static let name = "X-Hub-Signature-256"

    private static let prefix: StaticString = "sha256="

    public let digest: SHA256Digest

    public init(digest: SHA256Digest) {
        self.digest = digest
    }

    /// Takes all values of the header in a request: there must be exactly one.
    public init(values: [String]) throws(SignatureRejection) {
        guard let first = values.first else { throw .missingHeader }
        guard values.count == 1 else { throw .repeatedHeader }
        try self.init(first)
    }

    public init(_ value: String) throws(SignatureRejection) {
        var value = value
        self = try value.withUTF8 { bytes in
            Result<SignatureHeader, SignatureRejection> { () throws(SignatureRejection) in
                try SignatureHeader(utf8: bytes)
            }
        }.get()
    }

    public init(utf8 bytes: UnsafeBufferPointer<UInt8>) throws(SignatureRejection) {
        let prefixLength = Self.prefix.utf8CodeUnitCount
        let hasPrefix = Self.prefix.withUTF8Buffer { bytes.starts(with: $0) }
        guard hasPrefix else { throw .wrongPrefix }
        let digits = UnsafeBufferPointer(rebasing: bytes[prefixLength...])
        guard digits.count == 2 * SHA256Digest.byteCount else { throw .wrongLength }
        guard let digest = SHA256Digest(lowercaseHex: digits) else { throw .wrongDigit }
        self.digest = digest
    }

    /// `sha256=` and the digits, as it goes over the wire.
    public var value: String {
        "\(Self.prefix)\(digest.hex)"
    }
}
