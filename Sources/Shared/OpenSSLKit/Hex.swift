/// Hexadecimal text: written and read in lowercase only, so that a value has exactly one spelling.
public enum Hex {
    public static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            for (index, byte) in bytes.enumerated() {
                text[2 * index] = digit(byte >> 4)
                text[2 * index + 1] = digit(byte & 0x0f)
            }
            return 2 * bytes.count
        }
    }

    public static func encode(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { encode($0) }
    }

    /// Nil if the number of digits is odd or one of them is not of `0-9a-f`.
    public static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { digits -> [UInt8]? in
            var bytes = [UInt8](repeating: 0, count: digits.count / 2)
            let isHex = bytes.withUnsafeMutableBytes { decode(digits, into: $0) }
            return isHex ? bytes : nil
        }
    }

    /// False, with `bytes` in an undefined state, unless there are exactly two digits of `0-9a-f` per byte.
    static func decode(_ digits: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableRawBufferPointer) -> Bool {
        guard digits.count == 2 * bytes.count else { return false }
        // No branch on a digit, so that the loop takes the same time whatever it reads and can be vectorised.
        var wrong: UInt8 = 0
        for index in 0..<bytes.count {
            let high = value(digits[2 &* index])
            let low = value(digits[2 &* index &+ 1])
            wrong |= high | low
            bytes[index] = high &<< 4 | low & 0x0f
        }
        return wrong <= 0x0f
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// 0 to 15, or 0xff for what is no digit.
    private static func value(_ digit: UInt8) -> UInt8 {
        let number = digit &- UInt8(ascii: "0")
        let letter = digit &- UInt8(ascii: "a")
        return number < 10 ? number : letter < 6 ? letter &+ 10 : 0xff
    }
}
