/// Unescapes a string's content.
enum JSONEscapes {
    /// The text of `content`, which holds `zeros` raw NULs.
    ///
    /// Lone surrogates and NULs read U+FFFD; a backslash before anything RFC 8259 does not know is dropped, and what it
    /// stood before is kept.
    static func decode(_ content: UnsafeBufferPointer<UInt8>, zeros: Int) -> String {
        // No escape yields more bytes than it takes; only a raw NUL grows, from one byte to three. The initialiser repairs
        // invalid UTF-8.
        String(unsafeUninitializedCapacity: content.count + 2 * zeros) { output in
            var writer = Writer(output: output)
            var at = 0
            while at < content.count {
                let byte = content[at]
                at += 1
                if byte == UInt8(ascii: "\\"), at < content.count {
                    at = decodeEscape(content, at, into: &writer)
                } else {
                    writer.append(byte)
                }
            }
            return writer.count
        }
    }

    /// Decodes the escape whose letter stands at `at`; returns the offset after it.
    private static func decodeEscape(
        _ content: UnsafeBufferPointer<UInt8>, _ at: Int, into writer: inout Writer
    ) -> Int {
        switch content[at] {
        case UInt8(ascii: "b"): writer.append(0x08)
        case UInt8(ascii: "f"): writer.append(0x0C)
        case UInt8(ascii: "n"): writer.append(0x0A)
        case UInt8(ascii: "r"): writer.append(0x0D)
        case UInt8(ascii: "t"): writer.append(0x09)
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(content, at + 1) else {
                writer.append(UInt8(ascii: "u"))
                return at + 1
            }
            if UTF16.isLeadSurrogate(unit), at + 6 < content.count, content[at + 5] == UInt8(ascii: "\\"),
                content[at + 6] == UInt8(ascii: "u"), let low = codeUnit(content, at + 7), UTF16.isTrailSurrogate(low)
            {
                writer.append(scalar: 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
                return at + 11
            }
            writer.append(scalar: UTF16.isSurrogate(unit) ? 0xFFFD : UInt32(unit))
            return at + 5
        default: writer.append(content[at])
        }
        return at + 1
    }

    /// Four hexadecimal digits from `at` on, if they stand there.
    private static func codeUnit(_ content: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt16? {
        guard at + 4 <= content.count else { return nil }
        var unit: UInt16 = 0
        for byte in content[at..<at + 4] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Writes UTF-8 into memory that the caller sized.
    private struct Writer {
        // Safety: a buffer pointer, whose subscript traps in debug builds; `decode` proves that the capacity suffices.
        let output: UnsafeMutableBufferPointer<UInt8>
        var count = 0

        mutating func append(_ byte: UInt8) {
            guard byte != 0 else { return append(scalar: 0xFFFD) }
            output[count] = byte
            count += 1
        }

        mutating func append(scalar: UInt32) {
            switch scalar {
            case 0: append(scalar: 0xFFFD)
            case ..<0x80: append(UInt8(scalar))
            case ..<0x800:
                append(0xC0 | UInt8(scalar >> 6))
                append(continuation: scalar)
            case ..<0x10000:
                append(0xE0 | UInt8(scalar >> 12))
                append(continuation: scalar >> 6)
                append(continuation: scalar)
            default:
                append(0xF0 | UInt8(scalar >> 18))
                append(continuation: scalar >> 12)
                append(continuation: scalar >> 6)
                append(continuation: scalar)
            }
        }

        private mutating func append(continuation bits: UInt32) {
            append(0x80 | UInt8(bits & 0x3F))
        }
    }
}
