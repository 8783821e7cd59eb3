public import OpenSSLKit

/// A tenant's key for the HTTP API: `qlk_` and 256 random bits as 43 characters of base64 for URLs.
///
/// Shown once, when it is made; the database keeps the SHA-256 digest. A plain digest is enough for a value that nobody
/// can guess. It never prints itself.
public struct APIKey: Sendable, Equatable {
    public static let prefix = "qlk_"
    private static let randomByteCount = 32
    /// 32 bytes in groups of 6 bits.
    private static let encodedLength = 43

    private let value: String

    public static func generate() throws(OpenSSLError) -> APIKey {
        APIKey(value: prefix + Base64.encodeForURL(try randomBytes(randomByteCount)))
    }

    /// A key that a caller presents; nil if it cannot be one, so that the database need not be asked.
    public init?(presented text: String) {
        let encoded = text.utf8.dropFirst(Self.prefix.utf8.count)
        let isOfAlphabet = encoded.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard text.hasPrefix(Self.prefix), encoded.count == Self.encodedLength, isOfAlphabet else { return nil }
        value = text
    }

    private init(value: String) {
        self.value = value
    }

    public func reveal() -> String { value }

    public var digest: SHA256Digest { SHA256.hash(value) }

    public var last4: String { String(value.suffix(4)) }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
