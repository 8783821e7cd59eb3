/// What the five characters of an SQLSTATE mean here (PostgreSQL's manual, appendix A).
struct SQLState {
    let code: String

    init(_ code: String) {
        self.code = code
    }

    /// Whether the server's message of this class speaks of statements, roles and the server itself, never of a value.
    var messageQuotesNoRow: Bool {
        ["08", "25", "26", "28", "3D", "42", "53", "54", "55", "57", "58"].contains(code.prefix(2))
    }

    /// A few words for the codes that operators meet.
    var meaning: String? {
        switch code {
        case "0A000": "feature not supported"
        case "22001": "text too long"
        case "22003": "number out of range"
        case "22008": "time out of range"
        case "22021": "character not in the encoding"
        case "22P02": "invalid text for the type"
        case "22P03": "invalid binary value for the type"
        case "23502": "not-null violation"
        case "23503": "foreign key violation"
        case "23505": "unique violation"
        case "23514": "check violation"
        case "25006": "read-only transaction"
        case "40001": "serialization failure"
        case "40P01": "deadlock"
        case "42501": "insufficient privilege"
        case "42703": "undefined column"
        case "42P01": "undefined table"
        case "53100": "disk full"
        case "53200": "out of memory"
        case "53300": "too many connections"
        case "54000": "too long for its index"
        case "54001": "nested too deep"
        case "55P03": "lock not available"
        case "57014": "query cancelled"
        case "57P01": "terminated by an administrator"
        case "57P02": "server crashed"
        case "57P03": "server not ready"
        default: nil
        }
    }
}
