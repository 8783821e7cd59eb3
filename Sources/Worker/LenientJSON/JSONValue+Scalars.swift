/// What scalars mean.
extension JSONValue {
    /// A string's text, cleaned: lone surrogates, invalid UTF-8 and NUL (raw or escaped) read U+FFFD, so that Postgres
    /// takes it as `text`. Nil for other kinds.
    public var string: String? {
        kind == .string ? decodedText() : nil
    }

    /// A text where Meta's pages promise one: a string's text, a number or boolean as it is written. Nil for null,
    /// objects and arrays.
    public var lenientText: String? {
        switch kind {
        case .string: decodedText()
        case .number, .boolean: String(decoding: rawBytes, as: UTF8.self)
        case .null, .object, .array: nil
        }
    }

    /// A number that is a whole one and fits (`7`, `7.0`, `7e0`). Nil for anything else.
    public var int64: Int64? {
        kind == .number ? JSONNumber.int64(rawBytes) : nil
    }

    /// As `int64`, but also for a string that holds such a number, as Meta's timestamps do.
    public var lenientInt64: Int64? {
        switch kind {
        case .number: JSONNumber.int64(rawBytes)
        case .string: JSONNumber.int64(UnsafeRawBufferPointer(content))
        case .boolean, .null, .object, .array: nil
        }
    }

    /// A number's nearest double. Nil for other kinds and beyond a double's range.
    public var double: Double? {
        kind == .number ? JSONNumber.double(rawBytes) : nil
    }

    public var bool: Bool? {
        kind == .boolean ? rawBytes.first == UInt8(ascii: "t") : nil
    }

    /// As `bool`, but also for the strings `true` and `false` and the numbers 1 and 0.
    public var lenientBool: Bool? {
        switch kind {
        case .boolean: bool
        case .string: isText("true") ? true : isText("false") ? false : nil
        case .number: int64 == 1 ? true : int64 == 0 ? false : nil
        case .null, .object, .array: nil
        }
    }

    /// The bytes between a string's quotes, still escaped.
    var content: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: source + Int(node.pointee.start) + 1, count: sourceRange.count - 2)
    }

    func decodedText() -> String {
        let content = content
        let zeros = JSONBytes.zeroCount(content)
        guard node.pointee.hasEscapes || zeros > 0 else { return String(decoding: content, as: UTF8.self) }
        return JSONEscapes.decode(content, zeros: zeros)
    }
}

enum JSONNumber {
    static func int64(_ text: UnsafeRawBufferPointer) -> Int64? {
        var value: Int64 = 0
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = isNegative ? UnsafeRawBufferPointer(rebasing: text.dropFirst()) : text
        guard !digits.isEmpty else { return nil }
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return double(text).flatMap { Int64(exactly: $0) } }
            // Below zero, because Int64.min has no positive counterpart.
            let (shifted, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = shifted.subtractingReportingOverflow(Int64(digit))
            guard !overflowed, !carried else { return nil }
            value = sum
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    static func double(_ text: UnsafeRawBufferPointer) -> Double? {
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }
}
