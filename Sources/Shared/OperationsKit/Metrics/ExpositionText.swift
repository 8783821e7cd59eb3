/// Prometheus' text format, version 0.0.4, gathered family by family.
struct ExpositionText {
    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    private struct Family {
        var kind: Kind
        var help: String
        var series: Set<String> = []
        var lines = ""
    }

    private var families: [String: Family] = [:]
    private var remarks: [String] = []

    /// Opens the family, or joins it. A name that is taken by another kind is refused, and the text says so.
    mutating func open(_ name: String, kind: Kind, help: String) -> Bool {
        guard let known = families[name] else {
            families[name] = Family(kind: kind, help: help)
            return true
        }
        if known.kind == kind { return true }
        remark("\(name) was asked for as a \(kind.rawValue), but is a \(known.kind.rawValue)")
        return false
    }

    /// One sample of an open family. The same series twice would make Prometheus refuse everything: the first counts.
    mutating func sample(_ family: String, labels: MetricLabels, value: String) {
        guard families[family]?.series.insert(labels.identity).inserted == true else { return }
        families[family]?.lines += Self.line(family, labels: labels.text, value: value)
    }

    /// A histogram's samples: cumulative buckets, sum and count.
    mutating func histogram(_ family: String, labels: MetricLabels, bounds: [Double], counts: [Int], sum: Double) {
        guard families[family]?.series.insert(labels.identity).inserted == true else { return }
        var lines = ""
        var cumulative = 0
        let separator = labels.text.isEmpty ? "" : ","
        for (bound, count) in zip(bounds.map(Self.number) + ["+Inf"], counts) {
            cumulative += count
            let bucket = "\(labels.text)\(separator)le=\"\(bound)\""
            lines += Self.line(family + "_bucket", labels: bucket, value: String(cumulative))
        }
        lines += Self.line(family + "_sum", labels: labels.text, value: Self.number(sum))
        lines += Self.line(family + "_count", labels: labels.text, value: String(cumulative))
        families[family]?.lines += lines
    }

    /// A comment at the end of the text, for whoever wonders why something is missing.
    mutating func remark(_ text: String) {
        remarks.append(text)
    }

    /// All families by name, then the remarks.
    func rendered() -> String {
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.lines.isEmpty {
            text += "# HELP \(name) \(Self.escapedHelp(family.help))\n# TYPE \(name) \(family.kind.rawValue)\n"
            text += family.lines
        }
        for remark in remarks { text += "# \(remark.onOneLine)\n" }
        return text
    }

    /// A number as Go's parser reads it, without a needless fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int(exactly: value), abs(whole) < 1 << 53 { return String(whole) }
        return String(value)
    }

    /// In a help text only backslash and line feed are escaped.
    static func escapedHelp(_ help: String) -> String {
        var escaped = ""
        for scalar in help.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case _: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func line(_ name: String, labels: String, value: String) -> String {
        labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }
}
