/// What a statement answered: its rows, copied out of libpq, and how many rows it changed.
public struct PostgresRows: Sendable, RandomAccessCollection {
    struct Column: Sendable {
        let name: String
        let type: UInt32
    }

    /// Where a value's bytes are; length -1 is null.
    struct Cell: Sendable {
        let offset: Int
        let length: Int32
    }

    /// Shared by all rows, so that a row costs no copy.
    final class Storage: Sendable {
        let columns: [Column]
        let cells: [Cell]
        let bytes: [UInt8]

        init(columns: [Column], cells: [Cell], bytes: [UInt8]) {
            self.columns = columns
            self.cells = cells
            self.bytes = bytes
        }
    }

    private let storage: Storage
    public let count: Int
    /// Rows inserted, updated, deleted, or selected.
    public let rowsAffected: Int

    init(columns: [Column], cells: [Cell], bytes: [UInt8], count: Int, rowsAffected: Int) {
        storage = Storage(columns: columns, cells: cells, bytes: bytes)
        self.count = count
        self.rowsAffected = rowsAffected
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }
    public var columnNames: [String] { storage.columns.map(\.name) }

    public subscript(index: Int) -> PostgresRow {
        precondition(index >= 0 && index < count, "row \(index) of \(count)")
        return PostgresRow(storage: storage, index: index)
    }

    /// The only row; a `usage` error if there is another number of them.
    public func only() throws(PostgresError) -> PostgresRow {
        guard count == 1 else { throw .usage("the statement answered \(count) rows where one was expected") }
        return self[0]
    }
}
