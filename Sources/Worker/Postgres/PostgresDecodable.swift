/// A type that some of PostgreSQL's binary values can be read as.
protocol PostgresDecodable: Sendable {
    /// Nil if the bytes of this type cannot be read so.
    init?(wire bytes: UnsafeRawBufferPointer, type: PostgresType?)
}

/// Microseconds since 1970.
struct Timestamp: PostgresDecodable {
    let value: Int64

    init?(wire bytes: UnsafeRawBufferPointer, type: PostgresType?) {
        guard type == .timestamptz, let wire = bytes.bigEndian(Int64.self, at: 0) else { return nil }
        value = PostgresTime.fromWire(wire)
    }
}

extension Int64: PostgresDecodable {
    init?(wire bytes: UnsafeRawBufferPointer, type: PostgresType?) {
        let value: Int64? =
            switch type {
            case .int8: bytes.bigEndian(Int64.self, at: 0)
            case .int4: bytes.bigEndian(Int32.self, at: 0).map(Int64.init)
            case .int2: bytes.bigEndian(Int16.self, at: 0).map(Int64.init)
            case .oid: bytes.bigEndian(UInt32.self, at: 0).map(Int64.init)
            case .bool, .bytea, .name, .text, .json, .float4, .float8, .unknown, .bpchar, .varchar, .timestamptz, .uuid,
                .jsonb, nil:
                nil
            }
        guard let value else { return nil }
        self = value
    }
}

extension Int32: PostgresDecodable {
    init?(wire bytes: UnsafeRawBufferPointer, type: PostgresType?) {
        guard type == .int4 || type == .int2, let value = Int64(wire: bytes, type: type) else { return nil }
        self = Int32(truncatingIfNeeded: value)
    }
}

extension Double: PostgresDecodable {
    init?(wire bytes: UnsafeRawBufferPointer, type: PostgresType?) {
        if type == .float8, let bits = bytes.bigEndian(UInt64.self, at: 0) {
            self.init(bitPattern: bits)
        } else if type == .float4, let bits = bytes.bigEndian(UInt32.self, at: 0) {
            self.init(Float(bitPattern: bits))
        } else {
            return nil
        }
    }
}

extension Bool: PostgresDecodable {
    init?(wire bytes: UnsafeRawBufferPointer, type: PostgresType?) {
        guard type == .bool, let byte = bytes.first else { return nil }
        self = byte != 0
    }
}

extension String: PostgresDecodable {
    init?(wire bytes: UnsafeRawBufferPointer, type: PostgresType?) {
        guard let text = bytes.text(of: type) else { return nil }
        self.init(decoding: text, as: UTF8.self)
    }
}

extension [UInt8]: PostgresDecodable {
    init?(wire bytes: UnsafeRawBufferPointer, type: PostgresType?) {
        if type == .bytea {
            self.init(bytes)
        } else if let text = bytes.text(of: type) {
            self.init(text)
        } else {
            return nil
        }
    }
}

extension PostgresUUID: PostgresDecodable {
    init?(wire bytes: UnsafeRawBufferPointer, type: PostgresType?) {
        guard type == .uuid, let high = bytes.bigEndian(UInt64.self, at: 0),
            let low = bytes.bigEndian(UInt64.self, at: 8)
        else { return nil }
        self.init(high: high, low: low)
    }
}

extension UnsafeRawBufferPointer {
    /// The UTF-8 of a value whose type is a kind of text; `jsonb` puts one version byte before its text.
    fileprivate func text(of type: PostgresType?) -> UnsafeRawBufferPointer? {
        switch type {
        case .text, .varchar, .bpchar, .name, .json, .unknown: self
        case .jsonb: first == 1 ? UnsafeRawBufferPointer(rebasing: dropFirst()) : nil
        case .bool, .bytea, .int8, .int2, .int4, .oid, .float4, .float8, .timestamptz, .uuid, nil: nil
        }
    }
}

/// Reads the binary form of an array with at most one dimension (`array_send`); nil if it is anything else.
func decodeArray<Element: PostgresDecodable>(_ bytes: UnsafeRawBufferPointer, of type: Element.Type) -> [Element?]? {
    guard let dimensions = bytes.bigEndian(Int32.self, at: 0), let objectID = bytes.bigEndian(UInt32.self, at: 8)
    else { return nil }
    if dimensions == 0 { return [] }
    guard dimensions == 1, let count = bytes.bigEndian(Int32.self, at: 12), count >= 0 else { return nil }
    let elementType = PostgresType(rawValue: objectID)
    var elements: [Element?] = []
    elements.reserveCapacity(min(Int(count), bytes.count / 4))
    var position = 20
    for _ in 0..<count {
        guard let length = bytes.bigEndian(Int32.self, at: position) else { return nil }
        position += 4
        guard length >= 0 else {
            elements.append(nil)
            continue
        }
        guard position + Int(length) <= bytes.count,
            let element = Element(
                wire: UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)]), type: elementType)
        else { return nil }
        elements.append(element)
        position += Int(length)
    }
    return elements
}
