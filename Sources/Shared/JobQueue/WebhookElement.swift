public import Identifiers
internal import NIOCore

/// A webhook as it becomes a queue element: the same text as `JobElement` writes for a new job of type `webhook`, laid
/// down in one pass, because Ingress does this for every request.
public struct WebhookElement: Sendable {
    public var id: ULID
    /// Unix milliseconds.
    public var receivedAt: Int
    /// The W3C `traceparent`, already validated: hexadecimal digits and hyphens only.
    public var trace: String?
    /// The signature header's value, already validated: `sha256=` and hexadecimal digits only.
    public var signature: String

    public init(id: ULID, receivedAt: Int, trace: String?, signature: String) {
        self.id = id
        self.receivedAt = receivedAt
        self.trace = trace
        self.signature = signature
    }

    private static let beforeID: StaticString = #"{"v":1,"id":""#
    private static let beforeTime: StaticString = #"","type":"webhook","received_at":"#
    private static let counts: StaticString = #","attempt":0,"crashes":0"#
    private static let beforeTrace: StaticString = #","trace":""#
    private static let beforeSignature: StaticString = #","sig":""#
    private static let quote: StaticString = #"""#
    private static let beforePayload: StaticString = #","payload":"#

    /// The length in bytes of the header, up to and including `"payload":`.
    public var headerLength: Int {
        var length =
            Self.beforeID.utf8CodeUnitCount + ULID.textLength + Self.beforeTime.utf8CodeUnitCount
            + DecimalDigits.count(receivedAt) + Self.counts.utf8CodeUnitCount + Self.beforeSignature.utf8CodeUnitCount
            + signature.utf8.count + Self.quote.utf8CodeUnitCount + Self.beforePayload.utf8CodeUnitCount
        if let trace {
            length += Self.beforeTrace.utf8CodeUnitCount + trace.utf8.count + Self.quote.utf8CodeUnitCount
        }
        return length
    }

    /// Writes the header, up to and including `"payload":`. The caller appends the payload and `}`.
    func writeHeader(into buffer: inout ByteBuffer) {
        let length = headerLength
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { space in
            var cursor = ByteCursor(UnsafeMutableRawBufferPointer(rebasing: space[..<length]))
            cursor.write(Self.beforeID)
            cursor.write(id)
            cursor.write(Self.beforeTime)
            cursor.write(decimal: receivedAt)
            cursor.write(Self.counts)
            if let trace {
                cursor.write(Self.beforeTrace)
                cursor.write(trace)
                cursor.write(Self.quote)
            }
            cursor.write(Self.beforeSignature)
            cursor.write(signature)
            cursor.write(Self.quote)
            cursor.write(Self.beforePayload)
            return cursor.position
        }
    }
}
