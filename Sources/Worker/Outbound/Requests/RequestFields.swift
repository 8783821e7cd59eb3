internal import LenientJSON

/// One object of a request: reads its members by the rules that all of them share.
///
/// A member that is null counts as absent. What was cut off or damaged on its way (a NUL, half of a surrogate pair, bytes
/// that are no UTF-8) reads U+FFFD and is refused: nobody wants to send it.
struct RequestFields {
    private let object: JSONValue
    private let path: String

    /// - Parameter path: of the object itself; empty for the request.
    init(_ object: JSONValue, path: String = "") {
        self.object = object
        self.path = path
    }

    func name(of field: String) -> String { path.isEmpty ? field : "\(path).\(field)" }

    /// Refuses members that are none of these: a mistyped name must not be silently without effect.
    func allowOnly(_ names: [String], of what: String) throws(SendRefusal) {
        for (key, _) in object.members {
            guard let text = key.string else { continue }
            guard !names.contains(text) else { continue }
            let shown = text.unicodeScalars.prefix(40).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : String($0) }
            throw SendRefusal(
                .unknownField, name(of: shown.joined()),
                "is no field of \(what); expected only \(names.joined(separator: ", "))")
        }
    }

    func value(_ field: String) -> JSONValue? {
        guard let value = object[field], !value.isNull else { return nil }
        return value
    }

    func required<Value>(_ field: String, _ value: Value?, _ what: String) throws(SendRefusal) -> Value {
        guard let value else { throw SendRefusal(.missingField, name(of: field), "is missing; expected \(what)") }
        return value
    }

    /// - Parameters:
    ///   - longest: in Unicode scalars.
    ///   - lines: whether line breaks and tabs may stand in it.
    func text(_ field: String, longest: Int, lines: Bool = false) throws(SendRefusal) -> String? {
        guard let value = value(field) else { return nil }
        let name = name(of: field)
        guard let text = value.string else { throw SendRefusal(.wrongType, name, "expected a text in quotes") }
        try Self.check(text, name, longest: longest, lines: lines)
        return text
    }

    static func check(_ text: String, _ name: String, longest: Int, lines: Bool) throws(SendRefusal) {
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw SendRefusal(.invalidText, name, "is empty; expected 1 to \(longest) characters")
        }
        guard text.unicodeScalars.count <= longest else {
            throw SendRefusal(.tooLong, name, "is longer than \(longest) characters")
        }
        for scalar in text.unicodeScalars {
            if scalar == "\u{FFFD}" {
                throw SendRefusal(
                    .invalidText, name,
                    "holds a character that cannot be read (NUL, half of a surrogate pair, or no UTF-8); expected "
                        + "Unicode text")
            }
            if lines, scalar == "\n" || scalar == "\t" || scalar == "\r" { continue }
            guard scalar.value >= 0x20, !(0x7F...0x9F).contains(scalar.value) else {
                throw SendRefusal(
                    .invalidText, name,
                    lines ? "holds control characters" : "holds line breaks or other control characters")
            }
        }
    }

    /// A text of printable ASCII without spaces, as identifiers are.
    func identifier(_ field: String, longest: Int) throws(SendRefusal) -> String? {
        guard let text = try text(field, longest: longest) else { return nil }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw SendRefusal(.invalidValue, name(of: field), "expected printable ASCII characters without spaces")
        }
        return text
    }

    /// A whole number, also one that is written as a text.
    func integer(_ field: String, in range: ClosedRange<Int64>) throws(SendRefusal) -> Int64? {
        guard let value = value(field) else { return nil }
        guard let number = value.lenientInt64, range.contains(number) else {
            throw SendRefusal(
                value.kind == .number || value.kind == .string ? .invalidValue : .wrongType, name(of: field),
                "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func bool(_ field: String) throws(SendRefusal) -> Bool? {
        guard let value = value(field) else { return nil }
        guard let bool = value.bool else {
            throw SendRefusal(.wrongType, name(of: field), "expected true or false")
        }
        return bool
    }

    /// Microseconds since 1970.
    func time(_ field: String) throws(SendRefusal) -> Int64? {
        guard let value = value(field) else { return nil }
        guard let text = value.string, let time = UTCTime.microseconds(text) else {
            throw SendRefusal(
                value.kind == .string ? .invalidTime : .wrongType, name(of: field),
                "expected a time with its offset, such as 2026-12-01T12:00:00Z")
        }
        return time
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ field: String, _ type: Choice.Type
    ) throws(SendRefusal) -> Choice? where Choice.RawValue == String {
        guard let value = value(field) else { return nil }
        guard let text = value.string, let choice = Choice(rawValue: text) else {
            throw SendRefusal(
                value.kind == .string ? .invalidValue : .wrongType, name(of: field),
                "expected \(type.allCases.map(\.rawValue).joined(separator: " or "))")
        }
        return choice
    }

    func object(_ field: String) throws(SendRefusal) -> RequestFields? {
        guard let value = value(field) else { return nil }
        guard value.isObject else { throw SendRefusal(.wrongType, name(of: field), "expected an object") }
        return RequestFields(value, path: name(of: field))
    }

    /// A list of texts.
    func texts(_ field: String, most: Int, longest: Int) throws(SendRefusal) -> [String]? {
        guard let value = value(field) else { return nil }
        guard value.isArray else { throw SendRefusal(.wrongType, name(of: field), "expected a list of texts") }
        var texts: [String] = []
        for element in value.elements {
            let name = "\(name(of: field))[\(texts.count)]"
            guard texts.count < most else {
                throw SendRefusal(.tooLong, self.name(of: field), "holds more than \(most) texts")
            }
            guard let text = element.string else { throw SendRefusal(.wrongType, name, "expected a text in quotes") }
            try Self.check(text, name, longest: longest, lines: false)
            texts.append(text)
        }
        return texts
    }
}
