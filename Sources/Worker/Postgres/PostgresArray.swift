/// A one-dimensional array parameter, built straight in PostgreSQL's binary format in one contiguous buffer.
///
/// Made for `unnest($1::text[], $2::int8[], …)`: one array per column carries a batch of any size in one statement. Each
/// `append` must fit the element type that the array was made for; one that does not fit is remembered and thrown as a
/// `usage` error when the array is sent, so that filling an array needs no `try`.
///
/// ```swift
/// var names = PostgresArray.text(capacity: 500)
/// names.append("Ana")
/// names.append(bytes: slice)      // UTF-8 from elsewhere, copied once, never made a String
/// names.appendNull()
/// ```
public struct PostgresArray: Sendable {
    // The wire form that `array_recv` reads, complete after each append: dimensions, has-nulls flag, element type, length
    // and lower bound of the one dimension, then each element as its length (-1 for null) and its bytes.
    private static let headerSize = 20
    private static let emptySize = 12

    let element: PostgresType
    private(set) var buffer: WireBuffer
    /// The first value that did not fit.
    private(set) var problem: PostgresError?
    /// How many elements were appended, nulls included.
    public private(set) var count = 0

    private init(_ element: PostgresType, capacity: Int, bytesPerElement: Int) {
        self.element = element
        buffer = WireBuffer(capacity: Self.headerSize + capacity * (4 + bytesPerElement))
        let header = buffer.extend(by: Self.headerSize)
        header.storeBigEndian(Int32(0), at: 0)
        header.storeBigEndian(Int32(0), at: 4)
        header.storeBigEndian(element.rawValue, at: 8)
        header.storeBigEndian(Int32(0), at: 12)
        header.storeBigEndian(Int32(1), at: 16)
    }

    /// `capacity` is in elements, and a hint only, as `bytesPerElement` is.
    public static func text(capacity: Int = 0, bytesPerElement: Int = 16) -> PostgresArray {
        PostgresArray(.text, capacity: capacity, bytesPerElement: bytesPerElement)
    }

    public static func bytea(capacity: Int = 0, bytesPerElement: Int = 64) -> PostgresArray {
        PostgresArray(.bytea, capacity: capacity, bytesPerElement: bytesPerElement)
    }

    public static func int8(capacity: Int = 0) -> PostgresArray {
        PostgresArray(.int8, capacity: capacity, bytesPerElement: 8)
    }

    public static func int4(capacity: Int = 0) -> PostgresArray {
        PostgresArray(.int4, capacity: capacity, bytesPerElement: 4)
    }

    public static func double(capacity: Int = 0) -> PostgresArray {
        PostgresArray(.float8, capacity: capacity, bytesPerElement: 8)
    }

    public static func bool(capacity: Int = 0) -> PostgresArray {
        PostgresArray(.bool, capacity: capacity, bytesPerElement: 1)
    }

    public static func timestamptz(capacity: Int = 0) -> PostgresArray {
        PostgresArray(.timestamptz, capacity: capacity, bytesPerElement: 8)
    }

    public static func uuid(capacity: Int = 0) -> PostgresArray {
        PostgresArray(.uuid, capacity: capacity, bytesPerElement: 16)
    }

    /// Makes room for this many more elements.
    public mutating func reserveCapacity(_ elements: Int, bytesPerElement: Int = 16) {
        WireBuffer.makeUnique(&buffer)
        buffer.reserve(elements * (4 + bytesPerElement))
    }

    public mutating func appendNull() {
        let place = beginElement(size: 0)
        place.storeBigEndian(Int32(-1), at: -4)
        buffer.base.storeBigEndian(Int32(1), at: 4)
    }

    /// An element of a `text` array (as UTF-8) or a `bytea` array, copied once.
    public mutating func append(bytes source: UnsafeRawBufferPointer) {
        guard element == .text || element == .bytea else { return refuse("bytes") }
        guard source.count <= Int(Int32.max) else { return refuse("a value above 2 GiB") }
        let place = beginElement(size: source.count)
        if let start = source.baseAddress { place.copyMemory(from: start, byteCount: source.count) }
    }

    public mutating func append(bytes source: [UInt8]?) {
        guard let source else { return appendNull() }
        source.withUnsafeBytes { append(bytes: $0) }
    }

    /// An element of a `text` array.
    public mutating func append(_ value: String?) {
        guard var value else { return appendNull() }
        guard element == .text else { return refuse("text") }
        value.withUTF8 { append(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// An element of an `int8` array.
    public mutating func append(_ value: Int64?) {
        guard let value else { return appendNull() }
        guard element == .int8 else { return refuse("a 64-bit number") }
        appendFixed(value)
    }

    /// An element of an `int8` array.
    public mutating func append(_ value: Int?) {
        append(value.map(Int64.init))
    }

    /// An element of an `int4` array.
    public mutating func append(_ value: Int32?) {
        guard let value else { return appendNull() }
        guard element == .int4 else { return refuse("a 32-bit number") }
        appendFixed(value)
    }

    /// An element of a `float8` array.
    public mutating func append(_ value: Double?) {
        guard let value else { return appendNull() }
        guard element == .float8 else { return refuse("a floating-point number") }
        appendFixed(value.bitPattern)
    }

    /// An element of a `bool` array.
    public mutating func append(_ value: Bool?) {
        guard let value else { return appendNull() }
        guard element == .bool else { return refuse("a truth value") }
        appendFixed(UInt8(value ? 1 : 0))
    }

    /// An element of a `timestamptz` array, in microseconds since 1970; `Int64.max` and `Int64.min` are the infinities.
    public mutating func append(microseconds value: Int64?) {
        guard let value else { return appendNull() }
        guard element == .timestamptz else { return refuse("a time") }
        guard let wire = PostgresTime.toWire(value) else { return refuse("a time before the year 290,000 BC") }
        appendFixed(wire)
    }

    /// An element of a `uuid` array.
    public mutating func append(_ value: PostgresUUID?) {
        guard let value else { return appendNull() }
        guard element == .uuid else { return refuse("a UUID") }
        let place = beginElement(size: 16)
        place.storeBigEndian(value.high, at: 0)
        place.storeBigEndian(value.low, at: 8)
    }

    /// How many bytes of `buffer` the server is sent: an array without elements has no dimension either.
    var wireSize: Int { count == 0 ? Self.emptySize : buffer.count }

    private mutating func appendFixed<Value: FixedWidthInteger>(_ value: Value) {
        beginElement(size: MemoryLayout<Value>.size).storeBigEndian(value, at: 0)
    }

    /// Counts an element, writes its length and returns where its `size` bytes go.
    private mutating func beginElement(size: Int) -> UnsafeMutableRawPointer {
        WireBuffer.makeUnique(&buffer)
        let start = buffer.extend(by: 4 + size)
        start.storeBigEndian(Int32(truncatingIfNeeded: size), at: 0)
        if count == 0 { buffer.base.storeBigEndian(Int32(1), at: 0) }
        count += 1
        buffer.base.storeBigEndian(Int32(truncatingIfNeeded: count), at: 12)
        return start + 4
    }

    /// Keeps the element's place, so that columns stay aligned in messages about the first problem.
    private mutating func refuse(_ what: String) {
        if problem == nil {
            problem = .usage("element \(count) of a \(element) array was given \(what)")
        }
        appendNull()
    }
}
