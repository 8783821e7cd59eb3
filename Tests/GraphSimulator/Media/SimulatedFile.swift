import OpenSSLKit

/// A file as Meta's media host keeps it.
public struct SimulatedFile: Sendable {
    /// Meta's id of it: digits.
    public var id: String
    public var bytes: [UInt8]
    public var mimeType: String
    /// Of documents.
    public var filename: String?
    /// The number that it came to.
    public var phoneNumberID: String

    public init(
        _ bytes: [UInt8], mimeType: String = "image/png", filename: String? = nil, id: String? = nil,
        phoneNumberID: String = BusinessNumber().phoneNumberID
    ) {
        self.id = id ?? String(UInt64.random(in: 1_000_000_000_000_000...9_999_999_999_999_999))
        self.bytes = bytes
        self.mimeType = mimeType
        self.filename = filename
        self.phoneNumberID = phoneNumberID
    }

    /// As Meta's webhooks write it: base64.
    public var sha256: String { Base64.encode(SHA256.hash(bytes).bytes) }

    /// The type of the message that brings it.
    public var messageType: String {
        switch mimeType.prefix(while: { $0 != "/" }) {
        case "image": mimeType == "image/webp" ? "sticker" : "image"
        case "audio": "audio"
        case "video": "video"
        case _: "document"
        }
    }
}
