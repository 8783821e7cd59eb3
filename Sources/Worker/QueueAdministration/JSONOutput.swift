internal import LenientJSON

/// JSON as the commands print it: members keep their order, and parts that are JSON already are spliced in.
public enum JSONOutput: Sendable, ExpressibleByStringLiteral {
    case text(String)
    case integer(Int64)
    case bool(Bool)
    case null
    /// JSON text.
    case raw(String)
    case list([JSONOutput])
    case object([(String, JSONOutput)])

    public init(stringLiteral value: String) { self = .text(value) }

    static func optional(_ text: String?) -> JSONOutput { text.map { .text($0) } ?? .null }
    static func optional(_ number: Int64?) -> JSONOutput { number.map { .integer($0) } ?? .null }

    /// One line, which may be printed.
    public var line: String { JSONText.printable(text) }

    private var text: String {
        switch self {
        case .text(let text): JSONText.quoted(text)
        case .integer(let number): String(number)
        case .bool(let value): value ? "true" : "false"
        case .null: "null"
        case .raw(let json): json
        case .list(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { JSONText.quoted($0) + ":" + $1.text }.joined(separator: ",") + "}"
        }
    }
}
