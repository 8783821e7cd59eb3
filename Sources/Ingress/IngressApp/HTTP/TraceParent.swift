/// The `traceparent` header field of W3C Trace Context (level 1, section 3.2): `00-<32 hex>-<16 hex>-<2 hex>`.
enum TraceParent {
    private static let length = 55

    /// Whether the value is of version 00, in lower case, and neither identifier is all zeros. Anything else is ignored,
    /// as the standard asks.
    static func isValid(_ value: String) -> Bool {
        var value = value
        return value.withUTF8 { bytes in
            guard bytes.count == length, bytes[0] == zero, bytes[1] == zero else { return false }
            for position in 2..<length {
                let byte = bytes[position]
                if position == 2 || position == 35 || position == 52 {
                    guard byte == UInt8(ascii: "-") else { return false }
                } else {
                    guard isLowercaseHexadecimal(byte) else { return false }
                }
            }
            return bytes[3..<35].contains { $0 != zero } && bytes[36..<52].contains { $0 != zero }
        }
    }

    private static let zero = UInt8(ascii: "0")

    private static func isLowercaseHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
