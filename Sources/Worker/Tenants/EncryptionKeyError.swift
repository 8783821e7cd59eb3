/// Why the configured encryption keys cannot be used. Names keys by their position, never by anything they hold.
public struct EncryptionKeyError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, as the second part of "NAME: problem; expected …".
    public let problem: String
    public let expected = EncryptionKeySetting.expectation

    public var description: String {
        "\(problem); expected \(expected)"
    }
}
