/// One value of a parsed document: two pointers, copied for nothing.
///
/// Valid only inside the closure of `JSONParser.withDocument` that it came from (so it is not `Sendable` either).
public struct JSONValue {
    // Safety: both point into memory that the parser keeps still during its closure. Every node was written by a scan that
    // succeeded, so its offsets lie within the source and its span within the tape.
    let node: UnsafePointer<JSONNode>
    let source: UnsafePointer<UInt8>

    public var kind: JSONKind { node.pointee.kind }
    public var isNull: Bool { node.pointee.kind == .null }
    public var isObject: Bool { node.pointee.kind == .object }
    public var isArray: Bool { node.pointee.kind == .array }

    /// Where the value's text stands in the source, quotes and brackets included.
    public var sourceRange: Range<Int> {
        Int(node.pointee.start)..<Int(node.pointee.end)
    }

    /// The value's text exactly as it stood in the source, quotes and brackets included.
    public var rawBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: source + Int(node.pointee.start), count: sourceRange.count)
    }

    /// An array's elements in order; nothing for any other kind.
    public var elements: JSONElements {
        JSONElements(of: self)
    }

    /// An object's members in order, doubled keys included; nothing for any other kind.
    public var members: JSONMembers {
        JSONMembers(of: self)
    }

    /// The member of this name, the last one where the object holds several; nil for other kinds and where there is none.
    public subscript(key: StaticString) -> JSONValue? {
        last(named: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    }

    /// The member of this name, the last one where the object holds several; nil for other kinds and where there is none.
    public subscript(key: String) -> JSONValue? {
        var key = key
        return key.withUTF8 { last(named: $0) }
    }

    /// Whether this is a string that, unescaped, reads exactly so. Allocates nothing for strings without escapes.
    public func isText(_ text: StaticString) -> Bool {
        kind == .string && reads(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private func last(named name: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        guard kind == .object else { return nil }
        let end = node + Int(node.pointee.span)
        var key = node + 1
        var found: UnsafePointer<JSONNode>?
        while key < end {
            let value = key + 1
            if JSONValue(node: key, source: source).reads(name) { found = value }
            key = value + Int(value.pointee.span)
        }
        return found.map { JSONValue(node: $0, source: source) }
    }

    /// Whether this string's unescaped bytes are `text`'s.
    @inline(__always)
    private func reads(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        if node.pointee.hasEscapes { return decodedText().utf8.elementsEqual(text) }
        guard Int(node.pointee.end &- node.pointee.start) == text.count + 2 else { return false }
        guard let start = text.baseAddress else { return true }
        return JSONBytes.areEqual(source + Int(node.pointee.start) + 1, start, text.count)
    }
}

/// The elements of an array, in order.
public struct JSONElements: Sequence, IteratorProtocol {
    private var following: UnsafePointer<JSONNode>
    private let end: UnsafePointer<JSONNode>
    private let source: UnsafePointer<UInt8>

    init(of value: JSONValue) {
        following = value.node + 1
        end = value.isArray ? value.node + Int(value.node.pointee.span) : following
        source = value.source
    }

    public mutating func next() -> JSONValue? {
        guard following < end else { return nil }
        defer { following += Int(following.pointee.span) }
        return JSONValue(node: following, source: source)
    }
}

/// The members of an object, in order. The key is a value of kind `string`.
public struct JSONMembers: Sequence, IteratorProtocol {
    private var key: UnsafePointer<JSONNode>
    private let end: UnsafePointer<JSONNode>
    private let source: UnsafePointer<UInt8>

    init(of value: JSONValue) {
        key = value.node + 1
        end = value.isObject ? value.node + Int(value.node.pointee.span) : key
        source = value.source
    }

    public mutating func next() -> (key: JSONValue, value: JSONValue)? {
        guard key < end else { return nil }
        let value = key + 1
        defer { key = value + Int(value.pointee.span) }
        return (JSONValue(node: key, source: source), JSONValue(node: value, source: source))
    }
}
