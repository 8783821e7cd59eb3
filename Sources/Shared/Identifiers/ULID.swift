/// A universally unique, lexicographically sortable identifier: 48 bits of Unix milliseconds, then 80 random bits.
///
/// Written as 26 characters of Crockford's base 32 (`0-9A-Z` without I, L, O, U), so that sorting the texts sorts by time.
/// Source: the ULID specification, github.com/ulid/spec.
public struct ULID: Sendable, Hashable {
    /// The 48 bits of time and the upper 16 random bits.
    public let high: UInt64
    /// The lower 64 random bits.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Milliseconds since 1970 at which the identifier was made.
    public var milliseconds: UInt64 { high >> 16 }

    /// The length of the written form, in characters and in bytes.
    public static let textLength = 26

    private static let alphabet: StaticString = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

    /// Hands over the 26 ASCII characters of the written form without allocating.
    @inlinable
    public func withText<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try withUnsafeTemporaryAllocation(byteCount: Self.textLength, alignment: 1) { buffer in
            write(into: buffer)
            return try body(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Writes the 26 characters into the start of `buffer`, which must hold at least as many bytes.
    public func write(into buffer: UnsafeMutableRawBufferPointer) {
        precondition(buffer.count >= Self.textLength)
        var (high, low) = (high, low)
        for position in stride(from: Self.textLength - 1, through: 0, by: -1) {
            buffer[position] = Self.alphabet.utf8Start[Int(low & 31)]
            low = (low >> 5) | (high << 59)
            high >>= 5
        }
    }

    /// Reads the 26 characters; upper and lower case are the same. Nil if it is no ULID.
    public init?(_ text: some StringProtocol) {
        var (high, low): (UInt64, UInt64) = (0, 0)
        var count = 0
        for character in text.utf8 {
            guard let digit = Self.digit(character), count < Self.textLength, high >> 59 == 0 else { return nil }
            high = (high << 5) | (low >> 59)
            low = (low << 5) | digit
            count += 1
        }
        guard count == Self.textLength else { return nil }
        self.init(high: high, low: low)
    }

    private static func digit(_ character: UInt8) -> UInt64? {
        let upper = character >= UInt8(ascii: "a") ? character & 0xDF : character
        for index in 0..<32 where alphabet.utf8Start[index] == upper { return UInt64(index) }
        return nil
    }
}

extension ULID: CustomStringConvertible {
    public var description: String {
        withText { String(decoding: $0, as: UTF8.self) }
    }
}

extension ULID: Comparable {
    public static func < (left: ULID, right: ULID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
