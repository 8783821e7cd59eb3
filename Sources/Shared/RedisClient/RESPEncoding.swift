public import NIOCore

/// RESP2 as a client writes it: an array of bulk strings (https://redis.io/docs/latest/develop/reference/protocol-spec/).
///
/// For hot paths that splice a command together themselves; everyone else uses ``RedisCommand``.
extension ByteBuffer {
    /// Writes `*<count>\r\n`; exactly `count` bulk strings must follow, the command's name among them.
    public mutating func writeRESPArrayHeader(count: Int) {
        writeRESPLength(count, marker: UInt8(ascii: "*"))
    }

    /// Writes `$<length>\r\n`; exactly `length` bytes and a ``writeRESPLineEnd()`` must follow.
    public mutating func writeRESPBulkHeader(length: Int) {
        writeRESPLength(length, marker: UInt8(ascii: "$"))
    }

    public mutating func writeRESPLineEnd() {
        // Little-endian, so that the bytes are CR, LF.
        writeInteger(0x0A0D as UInt16, endianness: .little)
    }

    public mutating func writeRESPBulk(_ text: String) {
        writeRESPBulkHeader(length: text.utf8.count)
        writeString(text)
        writeRESPLineEnd()
    }

    public mutating func writeRESPBulk(_ bytes: ByteBuffer) {
        writeRESPBulkHeader(length: bytes.readableBytes)
        writeImmutableBuffer(bytes)
        writeRESPLineEnd()
    }

    public mutating func writeRESPBulk(_ bytes: [UInt8]) {
        writeRESPBulkHeader(length: bytes.count)
        writeBytes(bytes)
        writeRESPLineEnd()
    }

    /// Writes an integer as the decimal text that Redis expects in arguments.
    public mutating func writeRESPBulk(_ integer: Int64) {
        writeRESPBulkHeader(length: Self.decimalLength(integer))
        writeDecimal(integer)
        writeRESPLineEnd()
    }

    private mutating func writeRESPLength(_ length: Int, marker: UInt8) {
        writeInteger(marker)
        writeDecimal(Int64(length))
        writeRESPLineEnd()
    }

    /// Writes the digits straight into the buffer: no `String` is built.
    private mutating func writeDecimal(_ integer: Int64) {
        let length = Self.decimalLength(integer)
        writeWithUnsafeMutableBytes(minimumWritableBytes: length) { target in
            var magnitude = integer.magnitude
            var position = length
            repeat {
                position -= 1
                target[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
                magnitude /= 10
            } while magnitude > 0
            if integer < 0 { target[0] = UInt8(ascii: "-") }
            return length
        }
    }

    private static func decimalLength(_ integer: Int64) -> Int {
        var length = integer < 0 ? 2 : 1
        var magnitude = integer.magnitude / 10
        while magnitude > 0 {
            length += 1
            magnitude /= 10
        }
        return length
    }
}
