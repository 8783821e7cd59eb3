/// Steps over bytes, eight at a time where that pays.
///
/// Safety: every function reads only below `count`, which its caller knows to be readable.
enum JSONBytes {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The lowest set bit is the high bit of the first byte of `word` that is zero (bits above it may be wrong).
    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- ones) & ~word & highBits
    }

    @inline(__always)
    private static func word(_ text: UnsafePointer<UInt8>, _ at: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(text + at).loadUnaligned(as: UInt64.self))
    }

    static func afterByteOrderMark(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int {
        count >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF ? 3 : 0
    }

    /// The first offset at or after `start` that holds none of RFC 8259's four whitespace bytes; `count` if none does.
    @inline(__always)
    static func skipWhitespace(_ text: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var at = start
        while at < count {
            let byte = text[at]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            at += 1
        }
        return at
    }

    /// The first offset at or after `start` that holds a quote or a backslash; `count` or more if none does.
    @inline(__always)
    static func quoteOrBackslash(_ text: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var at = start
        while at + 8 <= count {
            let word = word(text, at)
            let found = zeroBytes(word ^ (ones &* 0x22)) | zeroBytes(word ^ (ones &* 0x5C))
            if found != 0 { return at + found.trailingZeroBitCount / 8 }
            at += 8
        }
        while at < count, text[at] != UInt8(ascii: "\""), text[at] != UInt8(ascii: "\\") { at += 1 }
        return at
    }

    /// The end of the number that starts at `start`, by RFC 8259's grammar; what follows it is the caller's to judge.
    @inline(__always)
    static func numberEnd(_ text: UnsafePointer<UInt8>, _ start: Int, _ count: Int) throws(JSONParsingError) -> Int {
        var at = start
        if text[at] == UInt8(ascii: "-") { at += 1 }
        let integer = at
        at = digitsEnd(text, at, count)
        guard at > integer, at == integer + 1 || text[integer] != UInt8(ascii: "0") else {
            throw JSONParsingError(.invalidNumber, at: start)
        }
        if at < count, text[at] == UInt8(ascii: ".") {
            let fraction = at + 1
            at = digitsEnd(text, fraction, count)
            guard at > fraction else { throw JSONParsingError(.invalidNumber, at: start) }
        }
        if at < count, text[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < count, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") { at += 1 }
            let exponent = at
            at = digitsEnd(text, exponent, count)
            guard at > exponent else { throw JSONParsingError(.invalidNumber, at: start) }
        }
        return at
    }

    @inline(__always)
    private static func digitsEnd(_ text: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var at = start
        while at < count, text[at] &- UInt8(ascii: "0") < 10 { at += 1 }
        return at
    }

    static func areEqual(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        for index in 0..<count where left[index] != right[index] { return false }
        return true
    }

    static func zeroCount(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        var zeros = 0
        for byte in text where byte == 0 { zeros += 1 }
        return zeros
    }
}
