/// A `uuid` value: 128 bits, `high` first.
public struct PostgresUUID: Sendable, Hashable, CustomStringConvertible {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 32 hexadecimal digits of either case, hyphens allowed between any two of them; nil if it is anything else.
    public init?(_ text: some StringProtocol) {
        var digits = 0
        high = 0
        low = 0
        for byte in text.utf8 where byte != UInt8(ascii: "-") {
            guard digits < 32, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            if digits < 16 { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
            digits += 1
        }
        guard digits == 32 else { return nil }
    }

    public var description: String {
        var text = ""
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append("-") }
            let word = index < 16 ? high : low
            text.append(String((word >> (60 - 4 * UInt64(index % 16))) & 15, radix: 16))
        }
        return text
    }
}
