/// The values of all rows of a result, which share it, so that a row costs no copy.
final class RowStorage: Sendable {
    struct Column: Sendable {
        let name: String
        let type: UInt32
    }

    /// Where a value's bytes are; length -1 is null.
    struct Cell: Sendable {
        let offset: Int
        let length: Int32
    }

    let columns: [Column]
    let cells: [Cell]
    private let bytes: [UInt8]

    /// - Parameters:
    ///   - cells: Row by row; each lies within `bytes`.
    init(columns: [Column], cells: [Cell], bytes: [UInt8]) {
        self.columns = columns
        self.cells = cells
        self.bytes = bytes
    }

    /// Lends a value's bytes to `body`; nil from it means that the type does not fit.
    func read<Value>(
        _ cell: Cell, column: Int, _ body: (UnsafeRawBufferPointer, UInt32) -> Value?
    ) throws(PostgresError) -> Value {
        let type = columns[column].type
        let value = bytes.withUnsafeBytes { all in
            // A cell's offset and length were computed over these very bytes when the rows were copied.
            body(UnsafeRawBufferPointer(rebasing: all[cell.offset..<cell.offset + Int(cell.length)]), type)
        }
        guard let value else {
            throw .usage("column \(column) (\(columns[column].name)) has type \(type), not \(Value.self)")
        }
        return value
    }
}
