/// The one pass over the source. Iterative: open containers are chained through the tape, not through the call stack.
extension JSONParser {
    /// Writes the tape of `source`, root first, and returns where the source starts.
    mutating func scan(_ source: UnsafeRawBufferPointer) throws(JSONParsingError) -> UnsafePointer<UInt8> {
        guard let address = source.baseAddress, !source.isEmpty else { throw JSONParsingError(.empty, at: 0) }
        guard source.count <= 1 << 30 else { throw JSONParsingError(.tooLarge, at: 0) }
        // Safety: the source is only read, as bytes, below its count; `assumingMemoryBound` to a trivial byte type.
        let text = address.assumingMemoryBound(to: UInt8.self)
        let count = source.count
        var used = 0
        var parent = -1
        var parentIsObject = false
        var at = JSONBytes.afterByteOrderMark(text, count)

        values: while true {
            at = JSONBytes.skipWhitespace(text, at, count)
            guard at < count else {
                throw JSONParsingError(used == 0 ? .empty : .unexpectedEnd, at: count)
            }
            if used == capacity { grow(used: used) }
            let byte = text[at]
            switch byte {
            case UInt8(ascii: "\""):
                at = try scanString(text, at, count, into: used)
                used += 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                nodes[used] = JSONNode(
                    start: UInt32(truncatingIfNeeded: at), end: 0, span: UInt32(truncatingIfNeeded: parent + 1),
                    kind: byte == UInt8(ascii: "{") ? .object : .array, hasEscapes: false)
                parent = used
                parentIsObject = byte == UInt8(ascii: "{")
                used += 1
                at = JSONBytes.skipWhitespace(text, at + 1, count)
                // An empty container is closed below, where all are; `{` and `[` stand two before their counterparts.
                guard at < count, text[at] == byte &+ 2 else {
                    if parentIsObject { at = try scanKey(text, at, count, into: &used) }
                    continue values
                }
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let end = try JSONBytes.numberEnd(text, at, count)
                write(.number, from: at, to: end, into: used)
                used += 1
                at = end
            case UInt8(ascii: "t"):
                at = try scanWord("true", .boolean, text, at, count, into: used)
                used += 1
            case UInt8(ascii: "f"):
                at = try scanWord("false", .boolean, text, at, count, into: used)
                used += 1
            case UInt8(ascii: "n"):
                at = try scanWord("null", .null, text, at, count, into: used)
                used += 1
            default:
                throw JSONParsingError(.expectedValue, at: at)
            }

            // A value has ended: close containers until a comma asks for the next one.
            while parent >= 0 {
                at = JSONBytes.skipWhitespace(text, at, count)
                guard at < count else { throw JSONParsingError(.unexpectedEnd, at: count) }
                switch text[at] {
                case UInt8(ascii: ","):
                    at += 1
                    if parentIsObject {
                        at = try scanKey(text, JSONBytes.skipWhitespace(text, at, count), count, into: &used)
                    }
                    continue values
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    guard (text[at] == UInt8(ascii: "}")) == parentIsObject else {
                        throw JSONParsingError(.wrongClosingBracket, at: at)
                    }
                    at += 1
                    let outer = Int(nodes[parent].span) - 1
                    nodes[parent].end = UInt32(truncatingIfNeeded: at)
                    nodes[parent].span = UInt32(truncatingIfNeeded: used - parent)
                    parent = outer
                    parentIsObject = outer >= 0 && nodes[outer].kind == .object
                default:
                    throw JSONParsingError(.expectedCommaOrEnd, at: at)
                }
            }
            at = JSONBytes.skipWhitespace(text, at, count)
            guard at == count else { throw JSONParsingError(.trailingContent, at: at) }
            return text
        }
    }

    @inline(__always)
    private mutating func write(_ kind: JSONKind, from start: Int, to end: Int, into index: Int) {
        nodes[index] = JSONNode(
            start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end), span: 1, kind: kind,
            hasEscapes: false)
    }

    /// Writes the string whose opening quote stands at `start`; returns the offset after its closing quote.
    @inline(__always)
    private mutating func scanString(
        _ text: UnsafePointer<UInt8>, _ start: Int, _ count: Int, into index: Int
    ) throws(JSONParsingError) -> Int {
        var at = JSONBytes.quoteOrBackslash(text, start + 1, count)
        var hasEscapes = false
        while at < count, text[at] != UInt8(ascii: "\"") {
            hasEscapes = true
            at = JSONBytes.quoteOrBackslash(text, at + 2, count)
        }
        guard at < count else { throw JSONParsingError(.unterminatedString, at: start) }
        nodes[index] = JSONNode(
            start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: at + 1), span: 1, kind: .string,
            hasEscapes: hasEscapes)
        return at + 1
    }

    /// Writes the key that must stand at `start`; returns the offset after its colon.
    @inline(__always)
    private mutating func scanKey(
        _ text: UnsafePointer<UInt8>, _ start: Int, _ count: Int, into used: inout Int
    ) throws(JSONParsingError) -> Int {
        guard start < count else { throw JSONParsingError(.unexpectedEnd, at: count) }
        guard text[start] == UInt8(ascii: "\"") else { throw JSONParsingError(.expectedKey, at: start) }
        if used == capacity { grow(used: used) }
        let end = try scanString(text, start, count, into: used)
        used += 1
        let colon = JSONBytes.skipWhitespace(text, end, count)
        guard colon < count else { throw JSONParsingError(.unexpectedEnd, at: count) }
        guard text[colon] == UInt8(ascii: ":") else { throw JSONParsingError(.expectedColon, at: colon) }
        return colon + 1
    }

    private mutating func scanWord(
        _ word: StaticString, _ kind: JSONKind, _ text: UnsafePointer<UInt8>, _ start: Int, _ count: Int,
        into index: Int
    ) throws(JSONParsingError) -> Int {
        let end = start + word.utf8CodeUnitCount
        guard end <= count, JSONBytes.areEqual(text + start, word.utf8Start, word.utf8CodeUnitCount) else {
            throw JSONParsingError(.invalidLiteral, at: start)
        }
        write(kind, from: start, to: end, into: index)
        return end
    }
}
