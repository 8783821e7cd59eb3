extension String {
    /// The same text with U+FFFD for every character that a terminal would obey instead of showing it: what would move its
    /// cursor, end a line, or turn the order of what stands around it.
    public var printable: String {
        guard unicodeScalars.contains(where: \.steersTerminal) else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0.steersTerminal ? "\u{FFFD}" : $0 }))
    }

    /// The same text with every character that would end a line or steer a terminal written as an escape.
    var onOneLine: String {
        guard unicodeScalars.contains(where: \.steersTerminal) else { return self }
        var line = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where scalar.steersTerminal: line += "\\u{" + String(scalar.value, radix: 16) + "}"
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
    /// C0 and C1 controls and the two Unicode separators, which tools take for the end of a line, or a terminal for an
    /// order; and what sets the direction of a text (Unicode UAX #9, property Bidi_Control), with which a name can show as
    /// what it is not.
    var steersTerminal: Bool {
        switch value {
        case ..<0x20, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        case _: false
        }
    }
}
