/// What a statement answered: its rows, copied out of libpq, and how many rows it changed.
public struct PostgresRows: Sendable, RandomAccessCollection {
    private let storage: RowStorage
    public let count: Int
    /// Rows inserted, updated, deleted, or selected.
    public let rowsAffected: Int

    init(storage: RowStorage, count: Int, rowsAffected: Int) {
        self.storage = storage
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
