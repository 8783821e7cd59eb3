/// The fields of a server's error report. Message and detail may quote row values; they stay out of descriptions.
final class ServerReport: Sendable {
    let sqlState: String
    let severity: String
    let message: String
    let constraint: String?
    let table: String?
    let column: String?
    /// The server's C function that raised the error.
    let routine: String?
    private let detail: String?
    private let hint: String?
    private let context: String?

    init(
        sqlState: String, severity: String, message: String, constraint: String?, table: String?, column: String?,
        routine: String?, detail: String?, hint: String?, context: String?
    ) {
        self.sqlState = sqlState
        self.severity = severity
        self.message = message
        self.constraint = constraint
        self.table = table
        self.column = column
        self.routine = routine
        self.detail = detail
        self.hint = hint
        self.context = context
    }

    /// After FATAL or PANIC the server closes the connection.
    var endsSession: Bool { severity == "FATAL" || severity == "PANIC" }

    /// The prepared statement does not fit the schema any more, or is gone from the session: preparing it again helps.
    var isStaleStatement: Bool {
        sqlState == "0A000" && routine == "RevalidateCachedQuery" || sqlState == "26000"
    }

    var everything: String {
        var text = "\(severity) \(sqlState): \(message)"
        for (label, value) in [("DETAIL", detail), ("HINT", hint), ("CONTEXT", context), ("ROUTINE", routine)] {
            if let value { text += "; \(label): \(value)" }
        }
        return text
    }
}
