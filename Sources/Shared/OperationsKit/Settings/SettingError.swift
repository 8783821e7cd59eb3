/// A wrong or missing environment variable, told in one line: which, what is wrong with it, what is expected.
///
/// Neither part may hold a secret's value: the line ends on standard error and in the logs of whoever starts the process.
public struct SettingError: Error, CustomStringConvertible, Equatable {
    /// The variable's name, as the operator sets it.
    public let variable: String
    /// What is wrong, as the end of "REDIS_URL: …".
    public let problem: String
    /// What would be right, as the end of "expected …".
    public let expected: String

    /// Line breaks and other control characters in any part are escaped, so that the whole stays one line.
    public init(variable: String, problem: String, expected: String) {
        self.variable = variable.onOneLine
        self.problem = problem.onOneLine
        self.expected = expected.onOneLine
    }

    public var description: String {
        "\(variable): \(problem); expected \(expected)"
    }
}
