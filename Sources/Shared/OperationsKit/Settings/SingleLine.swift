extension String {
    /// The same text with every character that would end a line or steer a terminal written as an escape.
    var onOneLine: String {
        guard unicodeScalars.contains(where: \.breaksLine) else { return self }
        var line = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where scalar.breaksLine: line += "\\u{" + String(scalar.value, radix: 16) + "}"
            case _: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }

    /// Nothing but whitespace, or nothing at all.
    var isBlank: Bool {
        allSatisfy(\.isWhitespace)
    }
}

extension Unicode.Scalar {
    /// C0 and C1 controls and the two Unicode separators: what tools take for the end of a line, or a terminal for an
    /// order.
    var breaksLine: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
    }
}
