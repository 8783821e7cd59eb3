/// JSON as text, for what is small and read by people; hot paths write into buffers.
public enum JSONText {
    /// A JSON string (RFC 8259, section 7). Control characters, those of Unicode's C1 block too, are escaped: they would
    /// move a terminal's cursor.
    public static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                out += escape(scalar)
            case _: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    /// The same JSON with what a terminal would obey written as escapes: controls, line separators, and what sets the
    /// direction of a text (Unicode UAX #9, property Bidi_Control). For what is printed; never for what is compared with,
    /// or hashed as, what was written before.
    /// - Parameter json: a finished JSON text, in which such characters stand within strings only (RFC 8259, section 2).
    public static func printable(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: steersTerminal) else { return json }
        var out = ""
        for scalar in json.unicodeScalars {
            if steersTerminal(scalar) {
                out += escape(scalar)
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func steersTerminal(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        case _: false
        }
    }

    /// Of the Basic Multilingual Plane.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
