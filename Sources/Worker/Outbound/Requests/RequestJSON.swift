internal import LenientJSON

/// Writes JSON with its members in the order of the calls, and nothing between them: the same content is the same bytes.
struct RequestJSON {
    private(set) var text = "{"

    /// The object, closed.
    var closed: String { text + "}" }

    mutating func add(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        add(key, raw: JSONText.quoted(value))
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

    static func list(_ items: [String]) -> String {
        "[" + items.joined(separator: ",") + "]"
    }
}
