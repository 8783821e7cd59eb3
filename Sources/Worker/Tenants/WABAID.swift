/// Meta's id of a WhatsApp business account: for us 1 to 64 printable ASCII characters without spaces.
public struct WABAID: Sendable, Hashable, CustomStringConvertible {
    public static let expectation = PhoneNumberID.expectation

    public let text: String

    /// Nil if the text is not as ``expectation`` says.
    public init?(_ text: String) {
        guard PhoneNumberID(text) != nil else { return nil }
        self.text = text
    }

    public var description: String { text }
}
