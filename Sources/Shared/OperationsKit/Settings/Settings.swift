internal import Configuration

/// The process' settings: environment variables, and for a secret also the file that `NAME_FILE` names.
///
/// Each getter either returns a usable value or throws one ``SettingError``. A variable that is set to nothing counts as
/// a mistake wherever a default would hide it.
public struct Settings: Sendable {
    /// The longest secret file that is read, in bytes.
    static let secretFileLimit = 64 * 1024

    private let provider: EnvironmentVariablesProvider

    public init(environment: [String: String]) {
        // Everything counts as secret for the provider's own descriptions: a password may hide in any URL.
        provider = EnvironmentVariablesProvider(environmentVariables: environment, secretsSpecifier: .all)
    }

    private init(provider: EnvironmentVariablesProvider) {
        self.provider = provider
    }

    /// The environment of this process, as it is now.
    public static func process() -> Settings {
        Settings(provider: EnvironmentVariablesProvider(secretsSpecifier: .all))
    }

    /// A text with a default. Blank, or whitespace around it, is refused.
    public func text(_ name: String, default defaultValue: String) throws(SettingError) -> String {
        let hint = "a value, or no such variable" + (defaultValue.isEmpty ? "" : " for the default \(defaultValue)")
        guard let value = try environmentValue(name) else { return defaultValue }
        return try trimmedText(value, name: name, expected: hint)
    }

    /// A text without a default. Set to nothing is the same as not set.
    public func optionalText(_ name: String) throws(SettingError) -> String? {
        guard let value = try environmentValue(name), !value.isEmpty else { return nil }
        return try trimmedText(value, name: name, expected: "a value without whitespace around it, or no such variable")
    }

    /// A text that must be there.
    /// - Parameter expected: What the error names as expected, such as "a libpq URI".
    public func requiredText(_ name: String, expected: String) throws(SettingError) -> String {
        guard let value = try environmentValue(name) else {
            throw SettingError(variable: name, problem: "is not set", expected: expected)
        }
        return try trimmedText(value, name: name, expected: expected)
    }

    /// A whole number in decimal digits.
    public func integer(
        _ name: String, default defaultValue: Int, in range: ClosedRange<Int>
    ) throws(SettingError) -> Int {
        guard let value = try environmentValue(name) else { return defaultValue }
        return try Self.integer(
            value, name: name, in: range,
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }

    /// A TCP port; 0 lets the system choose one. Set to nothing is `nil`: no listener.
    public func port(_ name: String, default defaultValue: Int?) throws(SettingError) -> Int? {
        guard let value = try environmentValue(name) else { return defaultValue }
        guard !value.isEmpty else { return nil }
        return try Self.integer(
            value, name: name, in: 0...65535, expected: "a port from 0 to 65535, or nothing for no listener")
    }

    /// One of a few words, in any case; the result is spelled as in `among`.
    public func choice(
        _ name: String, default defaultValue: String, among: [String]
    ) throws(SettingError) -> String {
        guard let value = try environmentValue(name) else { return defaultValue }
        let lowercased = value.lowercased()
        if let match = among.first(where: { $0.lowercased() == lowercased }) { return match }
        let problem = value.isBlank ? Self.blankness(of: value) : "\(Self.quoted(value)) is not known"
        throw SettingError(variable: name, problem: problem, expected: "one of \(among.joined(separator: ", "))")
    }

    func environmentValue(_ name: String) throws(SettingError) -> String? {
        do {
            return try provider.environmentValue(forName: name)
        } catch {
            throw SettingError(variable: name, problem: "cannot be read", expected: "an environment variable")
        }
    }

    static func blankness(of value: String) -> String {
        value.isEmpty ? "is set, but empty" : "holds only whitespace"
    }

    private func trimmedText(_ value: String, name: String, expected: String) throws(SettingError) -> String {
        guard !value.isBlank else {
            throw SettingError(variable: name, problem: Self.blankness(of: value), expected: expected)
        }
        guard value.first?.isWhitespace == false, value.last?.isWhitespace == false else {
            throw SettingError(variable: name, problem: "begins or ends with whitespace", expected: expected)
        }
        return value
    }

    private static func integer(
        _ value: String, name: String, in range: ClosedRange<Int>, expected: String
    ) throws(SettingError) -> Int {
        guard !value.isBlank else {
            throw SettingError(variable: name, problem: blankness(of: value), expected: expected)
        }
        let digits = value.utf8.first == UInt8(ascii: "-") ? value.utf8.dropFirst() : value.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw SettingError(variable: name, problem: "\(quoted(value)) is not a whole number", expected: expected)
        }
        // Digits that do not fit an Int are out of any range, too.
        guard let number = Int(value), range.contains(number) else {
            throw SettingError(variable: name, problem: "\(quoted(value)) is out of range", expected: expected)
        }
        return number
    }

    /// A short quotation of a value that is no secret, so that the operator recognises the mistake.
    private static func quoted(_ value: String) -> String {
        let limit = 40
        return value.count > limit ? "\"\(value.prefix(limit))…\"" : "\"\(value)\""
    }
}

extension Settings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "Settings" }
    public var debugDescription: String { "Settings" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
