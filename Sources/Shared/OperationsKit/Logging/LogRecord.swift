internal import Logging

/// One log record, ready to be encoded: exactly one line of UTF-8, with its line end.
struct LogRecord {
    /// The longest single text that a record carries, in bytes of UTF-8; the rest is cut and marked with `…`.
    static let textLimit = 8192

    var time: LogTimestamp
    var level: Logger.Level
    var label: String
    var message: String
    var error: String?
    var metadata: Logger.Metadata

    /// `{"time":…,"level":…,"logger":…,"message":…,"error":…,"metadata":{…}}`, the last two only where there is something.
    func json() -> [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(256)
        bytes += "{\"time\":\"".utf8
        time.append(to: &bytes)
        bytes += "\",\"level\":\"".utf8
        bytes += level.rawValue.utf8
        bytes += "\",\"logger\":".utf8
        Self.appendQuoted(label, to: &bytes)
        bytes += ",\"message\":".utf8
        Self.appendQuoted(message, to: &bytes)
        if let error {
            bytes += ",\"error\":".utf8
            Self.appendQuoted(error, to: &bytes)
        }
        if !metadata.isEmpty {
            bytes += ",\"metadata\":".utf8
            Self.appendJSON(.dictionary(metadata), to: &bytes)
        }
        bytes += "}\n".utf8
        return bytes
    }

    /// `<time> <level> <logger>: <message> key=value … error=…`, values quoted where they need it.
    func text() -> [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(256)
        time.append(to: &bytes)
        bytes.append(UInt8(ascii: " "))
        bytes += level.rawValue.utf8
        // "critical" is the longest level; a column of its own keeps messages aligned for the eye.
        bytes += repeatElement(UInt8(ascii: " "), count: max(1, 9 - level.rawValue.utf8.count))
        Self.appendEscaped(label, quoting: false, to: &bytes)
        bytes += ": ".utf8
        Self.appendEscaped(message, quoting: false, to: &bytes)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            bytes.append(UInt8(ascii: " "))
            Self.appendEscaped(key, quoting: false, to: &bytes)
            bytes.append(UInt8(ascii: "="))
            switch value {
            case .string, .stringConvertible: Self.appendBare(Self.visible(value), to: &bytes)
            case .array, .dictionary: Self.appendJSON(value, to: &bytes)
            }
        }
        if let error {
            bytes += " error=".utf8
            Self.appendBare(error, to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func visible(_ value: Logger.MetadataValue) -> String {
        value.isSensitive ? "<redacted>" : value.description
    }

    private static func appendJSON(_ value: Logger.MetadataValue, to bytes: inout [UInt8]) {
        switch value {
        case .string, .stringConvertible:
            appendQuoted(visible(value), to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                appendJSON(element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .dictionary(let entries):
            bytes.append(UInt8(ascii: "{"))
            for (index, entry) in entries.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                appendQuoted(entry.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                appendJSON(entry.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Without quotes where the text is one plain word.
    private static func appendBare(_ text: String, to bytes: inout [UInt8]) {
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                !$0.steersTerminal && $0 != " " && $0 != "\"" && $0 != "=" && $0 != "\\"
            }
        if isPlain { appendEscaped(text, quoting: false, to: &bytes) } else { appendQuoted(text, to: &bytes) }
    }

    private static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(text, quoting: true, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// The text with JSON's escapes (RFC 8259, section 7), also for what ends a line or steers a terminal.
    private static func appendEscaped(_ text: String, quoting: Bool, to bytes: inout [UInt8]) {
        let end = bytes.count + textLimit
        for scalar in text.unicodeScalars {
            guard bytes.count < end else {
                bytes += "…".utf8
                return
            }
            switch scalar {
            case "\"" where quoting: bytes += "\\\"".utf8
            case "\\" where quoting: bytes += "\\\\".utf8
            case "\n": bytes += "\\n".utf8
            case "\r": bytes += "\\r".utf8
            case "\t": bytes += "\\t".utf8
            case _ where scalar.steersTerminal: appendUnicodeEscape(UInt16(scalar.value), to: &bytes)
            case _: bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            }
        }
    }

    private static func appendUnicodeEscape(_ unit: UInt16, to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes += "\\u".utf8
        for shift in [12, 8, 4, 0] { bytes.append(digits[Int(unit >> UInt16(shift)) & 0xF]) }
    }
}
