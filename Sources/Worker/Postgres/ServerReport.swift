import CLibPQ

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

    /// Nil if the result holds no report of the server, as when libpq itself made it up after a lost connection.
    init?(_ result: borrowing ResultHandle) {
        guard let sqlState = result.errorField(.sqlState) else { return nil }
        self.sqlState = sqlState
        severity = result.errorField(.severity) ?? "ERROR"
        message = result.errorField(.message) ?? ""
        constraint = result.errorField(.constraint)
        table = result.errorField(.table)
        column = result.errorField(.column)
        routine = result.errorField(.routine)
        detail = result.errorField(.detail)
        hint = result.errorField(.hint)
        context = result.errorField(.context)
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
