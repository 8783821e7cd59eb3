/// Why the configured app secrets cannot be used. Never holds a secret.
public struct AppSecretError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, as the second part of "NAME: problem; expected …".
    public let problem: String
    public let expected = "the Meta app's secret, or several separated by commas while one is being rotated"

    public var description: String {
        "\(problem); expected \(expected)"
    }
}
