/// A JSON value that is written as Meta writes it: compact, keys in the order given, everything beyond ASCII escaped,
/// also `/`. A receiver that re-serialises before it hashes fails on such bodies, as it would on Meta's.
public indirect enum MetaJSON: Sendable {
    case object([(String, MetaJSON)])
    case array([MetaJSON])
    case string(String)
    case integer(Int)
    case number(Double)
    case bool(Bool)

    /// Without the members whose value is nil.
    public static func members(_ members: [(String, MetaJSON?)]) -> MetaJSON {
        .object(members.compactMap { name, value in value.map { (name, $0) } })
    }

    public var bytes: [UInt8] {
        var text = ""
        write(to: &text)
        return Array(text.utf8)
    }

    private func write(to text: inout String) {
        switch self {
        case .object(let members):
            text += "{"
            for (index, (name, value)) in members.enumerated() {
                if index > 0 { text += "," }
                Self.quote(name, into: &text)
                text += ":"
                value.write(to: &text)
            }
            text += "}"
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .string(let value): Self.quote(value, into: &text)
        case .integer(let value): text += String(value)
        case .number(let value): text += String(value)
        case .bool(let value): text += value ? "true" : "false"
        }
    }

    private static func quote(_ value: String, into text: inout String) {
        text += "\""
        if value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c && $0 != 0x2f }) {
            text += value
            text += "\""
            return
        }
        for unit in value.utf16 {
            switch unit {
            case 0x22: text += "\\\""
            case 0x5c: text += "\\\\"
            case 0x2f: text += "\\/"
            case 0x0a: text += "\\n"
            case 0x20..<0x7f: text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            case let other:
                let hex = String(other, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            }
        }
        text += "\""
    }
}
