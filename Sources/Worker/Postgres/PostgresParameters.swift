/// The values of a statement's `$1`, `$2`, …, already in PostgreSQL's binary format, in one contiguous buffer.
///
/// Each value has a fixed type (`Int64` is `int8`, `String` is `text`, …), also when it is null. Where SQL wants another
/// type, cast in the statement: `$3::jsonb` takes text.
public struct PostgresParameters: Sendable, ExpressibleByArrayLiteral {
    private(set) var types: [UInt32] = []
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    /// Begins with one unused byte, so that an empty value has an address too.
    private var bytes: [UInt8] = [0]
    /// The first value that cannot be sent; thrown by `execute`.
    private(set) var problem: PostgresError?

    public init() {}

    public init(arrayLiteral values: PostgresValue...) {
        for value in values { append(value) }
    }

    public var count: Int { types.count }

    /// `int8`
    public mutating func append(_ value: Int64?) {
        appendFixed(value, .int8)
    }

    /// `int8`
    public mutating func append(_ value: Int?) {
        appendFixed(value.map(Int64.init), .int8)
    }

    /// `int4`
    public mutating func append(_ value: Int32?) {
        appendFixed(value, .int4)
    }

    /// `bool`
    public mutating func append(_ value: Bool?) {
        appendFixed(value.map { UInt8($0 ? 1 : 0) }, .bool)
    }

    /// `float8`
    public mutating func append(_ value: Double?) {
        appendFixed(value?.bitPattern, .float8)
    }

    /// `text`. PostgreSQL has no NUL in text: one inside throws a `data` error (SQLSTATE 22021) when executed.
    public mutating func append(_ value: String?) {
        guard var value else { return begin(.text, length: nil) }
        value.withUTF8 { appendBytes(UnsafeRawBufferPointer($0), .text) }
    }

    /// `text`, from bytes that are UTF-8 already.
    public mutating func append(utf8 value: UnsafeRawBufferPointer) {
        appendBytes(value, .text)
    }

    /// `bytea`
    public mutating func append(bytes value: [UInt8]?) {
        guard let value else { return begin(.bytea, length: nil) }
        value.withUnsafeBytes { appendBytes($0, .bytea) }
    }

    /// `bytea`
    public mutating func append(bytes value: UnsafeRawBufferPointer) {
        appendBytes(value, .bytea)
    }

    /// `timestamptz`, in microseconds since 1970; `Int64.max` and `Int64.min` are the infinities.
    public mutating func append(microseconds value: Int64?) {
        let wire = value.flatMap(PostgresTime.toWire)
        if value != nil, wire == nil { refuse(.usage("parameter $\(count + 1) is a time before the year 290,000 BC")) }
        appendFixed(wire, .timestamptz)
    }

    /// `uuid`
    public mutating func append(_ value: PostgresUUID?) {
        begin(.uuid, length: value == nil ? nil : 16)
        guard let value else { return }
        bytes.appendBigEndian(value.high)
        bytes.appendBigEndian(value.low)
    }

    /// A whole array: `int8[]`, `text[]`, …
    public mutating func append(_ array: PostgresArray) {
        if let problem = array.problem {
            refuse(.usage("parameter $\(count + 1): \(problem)"))
        }
        guard let type = array.element.arrayObjectID, array.wireSize <= Int(Int32.max) else {
            refuse(.usage("parameter $\(count + 1): an array above 2 GiB"))
            return begin(.unknown, length: nil)
        }
        types.append(type)
        offsets.append(bytes.count)
        lengths.append(Int32(array.wireSize))
        array.write(into: &bytes)
    }

    public mutating func append(_ value: PostgresValue) {
        switch value {
        case .int8(let value): append(value)
        case .int4(let value): append(value)
        case .bool(let value): append(value)
        case .double(let value): append(value)
        case .text(let value): append(value)
        case .bytea(let value): append(bytes: value)
        case .timestamptz(let microseconds): append(microseconds: microseconds)
        case .uuid(let value): append(value)
        case .array(let value): append(value)
        }
    }

    /// Lends the four arrays that libpq wants; the pointers are valid during the call only.
    func withWireForm<Result>(
        _ body: (
            _ types: UnsafePointer<UInt32>?, _ values: UnsafePointer<UnsafePointer<CChar>?>?,
            _ lengths: UnsafePointer<Int32>?, _ formats: UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        bytes.withUnsafeBytes { storage in
            // `offsets` holds positions inside `bytes` (a value's first byte, or the end for an empty last one), and
            // `bytes` is never empty, so that the base address exists.
            let base = storage.baseAddress?.assumingMemoryBound(to: CChar.self)
            var values: [UnsafePointer<CChar>?] = []
            values.reserveCapacity(count)
            for index in 0..<count {
                values.append(lengths[index] < 0 ? nil : base.map { $0 + offsets[index] })
            }
            let formats = [Int32](repeating: 1, count: count)
            return body(types, values, lengths, formats)
        }
    }

    private mutating func begin(_ type: PostgresType, length: Int?) {
        types.append(type.rawValue)
        offsets.append(bytes.count)
        lengths.append(length.map { Int32(clamping: $0) } ?? -1)
    }

    private mutating func appendFixed<Value: FixedWidthInteger>(_ value: Value?, _ type: PostgresType) {
        begin(type, length: value == nil ? nil : MemoryLayout<Value>.size)
        if let value { bytes.appendBigEndian(value) }
    }

    private mutating func appendBytes(_ value: UnsafeRawBufferPointer, _ type: PostgresType) {
        guard value.count <= Int(Int32.max) else {
            refuse(.usage("parameter $\(count + 1) is above 2 GiB"))
            return begin(type, length: nil)
        }
        begin(type, length: value.count)
        bytes.append(contentsOf: value)
    }

    private mutating func refuse(_ problem: PostgresError) {
        if self.problem == nil { self.problem = problem }
    }
}

/// One parameter, for lists written in place: `[.text(name), .int8(count), .array(ids)]`.
public enum PostgresValue: Sendable {
    case int8(Int64?)
    case int4(Int32?)
    case bool(Bool?)
    case double(Double?)
    case text(String?)
    case bytea([UInt8]?)
    /// Microseconds since 1970.
    case timestamptz(Int64?)
    case uuid(PostgresUUID?)
    case array(PostgresArray)
}
