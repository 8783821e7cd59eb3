/// Writes JSON with its members in the order of the calls, and nothing between them: the same content is the same bytes.
struct RequestJSON {
    private(set) var text = "{"

    /// The object, closed.
    var closed: String { text + "}" }

    mutating func add(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        add(key, raw: Self.quoted(value))
    }

    mutating func add(_ key: StaticString, raw: String?) {
        guard let raw else { return }
        if text.utf8.count > 1 { text += "," }
        text += "\"\(key)\":\(raw)"
    }

    /// A time in microseconds since 1970.
    mutating func add(_ key: StaticString, time: Int64?) {
        add(key, time.map(UTCTime.text))
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

    static func list(_ items: [String]) -> String {
        "[" + items.joined(separator: ",") + "]"
    }
}
