/// The values of a statement's `$1`, `$2`, …, already in PostgreSQL's binary format; arrays are not copied once more.
///
/// Each value has a fixed type (`Int64` is `int8`, `String` is `text`, …), also when it is null. Where SQL wants another
/// type, cast in the statement: `$3::jsonb` takes text.
public struct PostgresParameters: Sendable, ExpressibleByArrayLiteral {
    private struct Slot: Sendable {
        let type: UInt32
        /// -1 is null.
        let length: Int32
        /// Of the value's first byte in `array`, or in `bytes`.
        let offset: Int
        let array: WireBuffer?
    }

    private var slots: [Slot] = []
    private var bytes = Self.noBytes
    /// The first value that cannot be sent; thrown by `execute`.
    private(set) var problem: PostgresError?

    /// Shared by all that have no value yet; the first append copies it.
    private static let noBytes = WireBuffer(capacity: 0)

    public init() {}

    public init(arrayLiteral values: PostgresValue...) {
        for value in values { append(value) }
    }

    public var count: Int { slots.count }
    var types: [UInt32] { slots.map(\.type) }

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
        guard var value else { return appendNull(.text) }
        value.withUTF8 { appendBytes(UnsafeRawBufferPointer($0), .text) }
    }

    /// `text`, from bytes that are UTF-8 already.
    public mutating func append(utf8 value: UnsafeRawBufferPointer) {
        appendBytes(value, .text)
    }

    /// `bytea`
    public mutating func append(bytes value: [UInt8]?) {
        guard let value else { return appendNull(.bytea) }
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
        guard let value else { return appendNull(.uuid) }
        let place = beginValue(.uuid, size: 16)
        place.storeBigEndian(value.high, at: 0)
        place.storeBigEndian(value.low, at: 8)
    }

    /// A whole array: `int8[]`, `text[]`, …
    public mutating func append(_ array: PostgresArray) {
        if let problem = array.problem {
            refuse(.usage("parameter $\(count + 1): \(problem)"))
        }
        guard let type = array.element.arrayObjectID, array.wireSize <= Int(Int32.max) else {
            refuse(.usage("parameter $\(count + 1): an array above 2 GiB"))
            return appendNull(.unknown)
        }
        slots.append(Slot(type: type, length: Int32(array.wireSize), offset: 0, array: array.buffer))
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

    /// Lends the arrays that libpq wants, values with their lengths and formats; valid during the call only.
    func withWireForm<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<Int32>, UnsafePointer<Int32>) -> Result
    ) -> Result {
        // Each pointer leads into a buffer that this value keeps alive and that nobody changes meanwhile: a change needs
        // the sole reference.
        withExtendedLifetime(self) {
            let values = slots.map { slot -> UnsafePointer<CChar>? in
                guard slot.length >= 0 else { return nil }
                return UnsafePointer(
                    ((slot.array ?? bytes).base + slot.offset).assumingMemoryBound(to: CChar.self))
            }
            return body(values, slots.map(\.length), [Int32](repeating: 1, count: slots.count))
        }
    }

    private mutating func appendNull(_ type: PostgresType) {
        slots.append(Slot(type: type.rawValue, length: -1, offset: 0, array: nil))
    }

    private mutating func appendFixed<Value: FixedWidthInteger>(_ value: Value?, _ type: PostgresType) {
        guard let value else { return appendNull(type) }
        beginValue(type, size: MemoryLayout<Value>.size).storeBigEndian(value, at: 0)
    }

    private mutating func appendBytes(_ value: UnsafeRawBufferPointer, _ type: PostgresType) {
        guard value.count <= Int(Int32.max) else {
            refuse(.usage("parameter $\(count + 1) is above 2 GiB"))
            return appendNull(type)
        }
        let place = beginValue(type, size: value.count)
        if let start = value.baseAddress { place.copyMemory(from: start, byteCount: value.count) }
    }

    /// Adds a value of `size` bytes and returns where they go.
    private mutating func beginValue(_ type: PostgresType, size: Int) -> UnsafeMutableRawPointer {
        WireBuffer.makeUnique(&bytes)
        slots.append(Slot(type: type.rawValue, length: Int32(size), offset: bytes.count, array: nil))
        return bytes.extend(by: size)
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
