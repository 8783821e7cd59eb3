import CLibPQ

/// Owns one `PGresult` and clears it on every path.
struct ResultHandle: ~Copyable {
    // Exclusively owned: the pointer comes from PQgetResult, never leaves this value, and dies with it.
    private let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQclear(pointer)
    }

    enum Status {
        case rows
        case done
        case failed
        case copy
    }

    private enum ErrorField: Int32 {
        case severity = 86  // 'V', not localized
        case sqlState = 67  // 'C'
        case message = 77  // 'M'
        case detail = 68  // 'D'
        case hint = 72  // 'H'
        case context = 87  // 'W'
        case table = 116  // 't'
        case column = 99  // 'c'
        case constraint = 110  // 'n'
        case routine = 82  // 'R'
    }

    var status: Status {
        switch PQresultStatus(pointer) {
        case PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE: .rows
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: .done
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: .copy
        default: .failed
        }
    }

    /// libpq's own words, for results that hold no report of the server.
    var message: String {
        PQresultErrorMessage(pointer).map { firstLine(of: String(cString: $0)) } ?? "no reason given"
    }

    /// For example `INSERT 0 500`, or `ROLLBACK` in answer to the COMMIT of a failed transaction.
    var commandTag: String {
        PQcmdStatus(pointer).map { String(cString: $0) } ?? ""
    }

    var rowsAffected: Int {
        PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// Nil if the result holds no report of the server, as when libpq itself made it up after a lost connection.
    var report: ServerReport? {
        guard let sqlState = errorField(.sqlState) else { return nil }
        return ServerReport(
            sqlState: sqlState, severity: errorField(.severity) ?? "ERROR", message: errorField(.message) ?? "",
            constraint: errorField(.constraint), table: errorField(.table), column: errorField(.column),
            routine: errorField(.routine), detail: errorField(.detail), hint: errorField(.hint),
            context: errorField(.context))
    }

    private func errorField(_ field: ErrorField) -> String? {
        PQresultErrorField(pointer, field.rawValue).map { String(cString: $0) }
    }

    /// Copies all values out, so that the rows may travel to any thread.
    func rows() -> PostgresRows {
        let columns = PQnfields(pointer)
        let count = PQntuples(pointer)
        var cells: [RowStorage.Cell] = []
        cells.reserveCapacity(Int(columns) * Int(count))
        var bytes: [UInt8] = []
        for row in 0..<count {
            for column in 0..<columns {
                let isNull = PQgetisnull(pointer, row, column) == 1
                let length = isNull ? -1 : PQgetlength(pointer, row, column)
                cells.append(RowStorage.Cell(offset: bytes.count, length: length))
                // libpq keeps `length` bytes at this address for as long as the result lives.
                if length > 0, let value = PQgetvalue(pointer, row, column) {
                    bytes.append(contentsOf: UnsafeRawBufferPointer(start: value, count: Int(length)))
                }
            }
        }
        let storage = RowStorage(
            columns: (0..<columns).map {
                RowStorage.Column(
                    name: PQfname(pointer, $0).map { String(cString: $0) } ?? "", type: PQftype(pointer, $0))
            },
            cells: cells, bytes: bytes)
        return PostgresRows(storage: storage, count: Int(count), rowsAffected: rowsAffected)
    }
}

/// libpq's messages end in a newline and may hold several lines; the first says what happened.
func firstLine(of message: String) -> String {
    String(message.prefix { $0 != "\n" && $0 != "\r\n" })
}
