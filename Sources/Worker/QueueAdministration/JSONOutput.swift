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

    /// One line.
    public var line: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .integer(let number): String(number)
        case .bool(let value): value ? "true" : "false"
        case .null: "null"
        case .raw(let json): json
        case .list(let items): "[" + items.map(\.line).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0) + ":" + $1.line }.joined(separator: ",") + "}"
        }
    }

    /// A JSON string. Control characters, those of Unicode's C1 block too, are escaped: they would move a terminal's
    /// cursor.
    static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            case _: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
