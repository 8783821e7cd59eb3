internal import NIOCore

/// Decimal numbers written into memory without making a `String` first.
enum DecimalDigits {
    /// How many digits `value` has; negative numbers do not occur here and count as zero.
    static func count(_ value: Int) -> Int {
        var rest = value / 10
        var digits = 1
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        return digits
    }

    static func write(_ value: Int, into buffer: inout ByteBuffer) {
        let digits = count(value)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: digits) { space in
            write(value, into: UnsafeMutableRawBufferPointer(rebasing: space[..<digits]))
            return digits
        }
    }

    /// Fills `space`, whose size must be `count(value)`.
    static func write(_ value: Int, into space: UnsafeMutableRawBufferPointer) {
        var rest = max(value, 0)
        for position in stride(from: space.count - 1, through: 0, by: -1) {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            space[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = quotient
        }
    }
}
