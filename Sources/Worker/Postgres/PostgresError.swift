/// Why a database operation failed.
///
/// `description` may be logged: it holds the SQLSTATE, the names of constraint, table and column, and the server's words
/// only where these cannot quote a row. The server's full report is in `String(reflecting:)`, for a developer's eyes.
public struct PostgresError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What a caller decides by.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// There is no connection, or it was lost. Nothing was committed, save as `mayHaveCommitted` says.
        case connection
        /// A deadline passed: the caller's, the server's `statement_timeout`, a lock's, or that for a free connection.
        case timeout
        /// The caller's task was cancelled.
        case cancelled
        /// A COMMIT was sent and its answer never came: the transaction may be committed or not. Only work that is
        /// idempotent may simply be run again.
        case outcomeUnknown
        /// Class 23: a constraint was violated; `constraint` names it.
        case integrity
        /// Classes 21, 22 and 54: values that the server cannot take, for example text with a NUL (22021), a number out
        /// of range, or a text too long for its index (54000). The same values will fail again.
        case data
        /// 40001 or 40P01: the same transaction, run again, may succeed.
        case serialization
        /// 25006: the server takes no writes now (a standby, or a primary that was demoted).
        case readOnly
        /// Classes 53 and 58: the server is out of disk, memory or connections, or its system failed it.
        case resources
        /// The program used this client wrongly: a getter of another type, parameters of another count.
        case usage
        /// Anything else; `sqlState` tells.
        case other
    }

    public let kind: Kind
    /// Five characters of the server, or the standard's nearest code where the error arose in this process.
    public let sqlState: String
    /// The violated constraint, as the server names it.
    public let constraint: String?
    /// True when changes may have been kept although an error is thrown: a lost answer to COMMIT, or to a statement
    /// outside of a transaction.
    public let mayHaveCommitted: Bool
    private let summary: String
    private let report: ServerReport?

    public var description: String { summary }

    public var debugDescription: String {
        guard let report else { return "PostgresError.\(kind): \(summary)" }
        return "PostgresError.\(kind): \(summary); \(report.everything)"
    }

    init(
        _ kind: Kind, sqlState: String, summary: String, constraint: String? = nil, mayHaveCommitted: Bool = false,
        report: ServerReport? = nil
    ) {
        self.kind = kind
        self.sqlState = sqlState
        self.summary = summary
        self.constraint = constraint
        self.mayHaveCommitted = mayHaveCommitted
        self.report = report
    }

    /// The server's own report of an error.
    init(_ report: ServerReport) {
        let code = SQLState(report.sqlState)
        var summary = "SQLSTATE \(report.sqlState)"
        if let meaning = code.meaning { summary += " (\(meaning))" }
        if let constraint = report.constraint { summary += " on constraint \(constraint)" }
        if let table = report.table { summary += ", table \(table)" }
        if let column = report.column { summary += ", column \(column)" }
        if code.messageQuotesNoRow { summary += ": \(report.message)" }
        self.init(
            Kind(code), sqlState: report.sqlState, summary: summary, constraint: report.constraint, report: report)
    }

    /// True for a server's ERROR, after which the session goes on.
    var isServersAnswer: Bool { report.map { !$0.endsSession } ?? false }

    func with(mayHaveCommitted: Bool) -> PostgresError {
        PostgresError(
            kind, sqlState: sqlState, summary: summary, constraint: constraint, mayHaveCommitted: mayHaveCommitted,
            report: report)
    }
}

extension PostgresError.Kind {
    fileprivate init(_ state: SQLState) {
        self =
            switch state.code {
            case "40001", "40P01": .serialization
            case "25006": .readOnly
            case "57014", "55P03", "25P04": .timeout
            case "57P01", "57P02", "57P03", "57P04", "57P05", "25P03": .connection
            default:
                switch state.code.prefix(2) {
                case "08": .connection
                // 21: a batch that names a row twice; 54: a text too long for its index, JSON nested too deep.
                case "21", "22", "54": .data
                case "23": .integrity
                case "53", "58": .resources
                default: .other
                }
            }
    }
}

extension PostgresError {
    static func cannotConnect(_ why: String) -> PostgresError {
        PostgresError(.connection, sqlState: "08001", summary: "cannot connect to PostgreSQL: \(why)")
    }

    static func connectionLost(_ why: String) -> PostgresError {
        PostgresError(.connection, sqlState: "08006", summary: "the connection to PostgreSQL was lost: \(why)")
    }

    static func connectionClosed() -> PostgresError {
        PostgresError(
            .connection, sqlState: "08003",
            summary: "this connection to PostgreSQL is closed or no longer in a known state")
    }

    static func poolShutDown() -> PostgresError {
        PostgresError(.connection, sqlState: "08003", summary: "the pool of PostgreSQL connections is shut down")
    }

    static func deadlineExceeded() -> PostgresError {
        PostgresError(.timeout, sqlState: "57014", summary: "the deadline of the database operation passed")
    }

    static func cancelled() -> PostgresError {
        PostgresError(.cancelled, sqlState: "57014", summary: "the database operation was cancelled")
    }

    static func commitOutcomeUnknown(_ why: String) -> PostgresError {
        PostgresError(
            .outcomeUnknown, sqlState: "08007",
            summary: "the transaction may be committed or not, the answer to COMMIT never came: \(why)",
            mayHaveCommitted: true)
    }

    static func usage(_ why: String) -> PostgresError {
        PostgresError(.usage, sqlState: "07000", summary: why)
    }

    static func transactionAborted() -> PostgresError {
        PostgresError(
            .other, sqlState: "25P02",
            summary: "a statement of the transaction had failed, so it was rolled back and not committed")
    }
}
