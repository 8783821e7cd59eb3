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
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            case _: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
