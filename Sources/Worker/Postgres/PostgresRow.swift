/// One row. Columns are counted from 0, in the order of the statement's list.
///
/// A getter throws a `usage` error if the column does not exist or has another type; those that do not return an
/// optional also if it is null.
public struct PostgresRow: Sendable {
    let storage: RowStorage
    let index: Int

    public func isNull(_ column: Int) throws(PostgresError) -> Bool {
        try cell(column).length < 0
    }

    /// `int8`, `int4`, `int2` or `oid`.
    public func int64(_ column: Int) throws(PostgresError) -> Int64 { try required(column, Int64.self) }
    public func optionalInt64(_ column: Int) throws(PostgresError) -> Int64? { try optional(column, Int64.self) }

    /// `int4` or `int2`.
    public func int32(_ column: Int) throws(PostgresError) -> Int32 { try required(column, Int32.self) }
    public func optionalInt32(_ column: Int) throws(PostgresError) -> Int32? { try optional(column, Int32.self) }

    /// `float8` or `float4`.
    public func double(_ column: Int) throws(PostgresError) -> Double { try required(column, Double.self) }
    public func optionalDouble(_ column: Int) throws(PostgresError) -> Double? { try optional(column, Double.self) }

    public func bool(_ column: Int) throws(PostgresError) -> Bool { try required(column, Bool.self) }
    public func optionalBool(_ column: Int) throws(PostgresError) -> Bool? { try optional(column, Bool.self) }

    /// `text`, `varchar`, `char(n)`, `name`, `json` or `jsonb`.
    public func string(_ column: Int) throws(PostgresError) -> String { try required(column, String.self) }
    public func optionalString(_ column: Int) throws(PostgresError) -> String? { try optional(column, String.self) }

    /// `bytea`, or the UTF-8 of anything that `string` reads.
    public func bytes(_ column: Int) throws(PostgresError) -> [UInt8] { try required(column, [UInt8].self) }
    public func optionalBytes(_ column: Int) throws(PostgresError) -> [UInt8]? { try optional(column, [UInt8].self) }

    /// `timestamptz`, in microseconds since 1970; `Int64.max` and `Int64.min` are the infinities.
    public func microseconds(_ column: Int) throws(PostgresError) -> Int64 {
        try required(column, Timestamp.self).value
    }
    public func optionalMicroseconds(_ column: Int) throws(PostgresError) -> Int64? {
        try optional(column, Timestamp.self)?.value
    }

    public func uuid(_ column: Int) throws(PostgresError) -> PostgresUUID { try required(column, PostgresUUID.self) }
    public func optionalUUID(_ column: Int) throws(PostgresError) -> PostgresUUID? {
        try optional(column, PostgresUUID.self)
    }

    /// One-dimensional arrays; null elements are nil.
    public func int64Array(_ column: Int) throws(PostgresError) -> [Int64?] { try array(column, Int64.self) }
    public func int32Array(_ column: Int) throws(PostgresError) -> [Int32?] { try array(column, Int32.self) }
    public func doubleArray(_ column: Int) throws(PostgresError) -> [Double?] { try array(column, Double.self) }
    public func boolArray(_ column: Int) throws(PostgresError) -> [Bool?] { try array(column, Bool.self) }
    public func stringArray(_ column: Int) throws(PostgresError) -> [String?] { try array(column, String.self) }
    public func bytesArray(_ column: Int) throws(PostgresError) -> [[UInt8]?] { try array(column, [UInt8].self) }
    public func uuidArray(_ column: Int) throws(PostgresError) -> [PostgresUUID?] {
        try array(column, PostgresUUID.self)
    }
    public func microsecondsArray(_ column: Int) throws(PostgresError) -> [Int64?] {
        try array(column, Timestamp.self).map { $0?.value }
    }

    private func cell(_ column: Int) throws(PostgresError) -> RowStorage.Cell {
        let columns = storage.columns.count
        guard column >= 0, column < columns else { throw .usage("column \(column) of \(columns) was asked for") }
        return storage.cells[index * columns + column]
    }

    private func optional<Value: PostgresDecodable>(
        _ column: Int, _ type: Value.Type
    ) throws(PostgresError) -> Value? {
        let cell = try cell(column)
        guard cell.length >= 0 else { return nil }
        return try storage.read(cell, column: column) { bytes, type in
            Value(wire: bytes, type: PostgresType(rawValue: type))
        }
    }

    private func required<Value: PostgresDecodable>(
        _ column: Int, _ type: Value.Type
    ) throws(PostgresError) -> Value {
        guard let value = try optional(column, type) else {
            throw .usage("column \(column) (\(storage.columns[column].name)) is null")
        }
        return value
    }

    private func array<Element: PostgresDecodable>(
        _ column: Int, _ type: Element.Type
    ) throws(PostgresError) -> [Element?] {
        let cell = try cell(column)
        guard cell.length >= 0 else {
            throw .usage("column \(column) (\(storage.columns[column].name)) is null")
        }
        return try storage.read(cell, column: column) { bytes, _ in
            decodeArray(bytes, of: type)
        }
    }
}
