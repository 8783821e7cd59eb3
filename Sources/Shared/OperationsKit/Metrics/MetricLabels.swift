/// A series' labels, cleaned and rendered once: `queue="inbound",type="webhook"`, without braces.
struct MetricLabels: Sendable, Equatable {
    /// In the order given.
    let text: String
    /// The same for the same labels in any order.
    let identity: String

    /// - Parameter labels: Of two with one name, the last counts. Names that end up empty are impossible: see ``MetricName``.
    init(_ labels: [(String, String)]) {
        var unique: [(name: String, pair: String)] = []
        for (name, value) in labels {
            let name = MetricName.label(name)
            unique.removeAll { $0.name == name }
            unique.append((name, "\(name)=\"\(Self.escaped(value))\""))
        }
        text = unique.map(\.pair).joined(separator: ",")
        identity = unique.map(\.pair).sorted().joined(separator: ",")
    }

    /// Backslash, quote and line feed are the characters that the text format escapes in a label's value.
    static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            case _: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
