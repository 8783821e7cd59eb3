internal import NIOCore

/// Writes compact JSON (RFC 8259) straight into a buffer. Commas and brackets are the caller's.
struct JSONWriter {
    private(set) var buffer: ByteBuffer

    init(capacity: Int) {
        buffer = ByteBufferAllocator().buffer(capacity: capacity)
    }

    /// Text that is JSON already.
    mutating func raw(_ text: StaticString) {
        buffer.writeStaticString(text)
    }

    /// A text in quotes. Only what must be escaped is, so everything beyond ASCII stays UTF-8.
    mutating func string(_ text: String) {
        buffer.writeInteger(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { text in
            let bytes = UnsafeRawBufferPointer(text)
            var written = 0
            for index in bytes.indices where Self.isEscaped(bytes[index]) {
                buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[written..<index]))
                escape(bytes[index])
                written = index + 1
            }
            buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[written...]))
        }
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
        case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
        case UInt8(ascii: "\n"): buffer.writeStaticString("\\n")
        case UInt8(ascii: "\r"): buffer.writeStaticString("\\r")
        case UInt8(ascii: "\t"): buffer.writeStaticString("\\t")
        case _:
            let digits: StaticString = "0123456789abcdef"
            buffer.writeStaticString("\\u00")
            buffer.writeInteger(digits.utf8Start[Int(byte >> 4)])
            buffer.writeInteger(digits.utf8Start[Int(byte & 15)])
        }
    }

    @inline(__always)
    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}
