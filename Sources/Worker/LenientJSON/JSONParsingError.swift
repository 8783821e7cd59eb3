/// Why bytes are not a JSON text. Holds nothing of the text itself, so that it can be logged and stored.
public struct JSONParsingError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Reason: String, Sendable {
        case empty = "there is no JSON value"
        case unexpectedEnd = "the text ends in the middle of a value"
        case unterminatedString = "a string has no closing quote"
        case expectedValue = "a value was expected"
        case expectedKey = "a key in quotes was expected"
        case expectedColon = "a colon was expected"
        case expectedCommaOrEnd = "a comma or the end of the container was expected"
        case wrongClosingBracket = "a bracket closes what another one opened"
        case invalidNumber = "a number is malformed"
        case invalidLiteral = "a word is none of true, false and null"
        case trailingContent = "something follows the JSON value"
        case tooLarge = "the text is larger than 1 GiB"
    }

    public let reason: Reason
    /// Where in the source, in bytes from its start.
    public let offset: Int

    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String {
        "\(reason.rawValue) (at byte \(offset))"
    }
}
