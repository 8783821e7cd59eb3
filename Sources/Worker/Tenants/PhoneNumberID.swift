/// Meta's id of a business phone number: for us 1 to 64 printable ASCII characters without spaces.
public struct PhoneNumberID: Sendable, Hashable, CustomStringConvertible {
    public static let expectation = "1 to 64 printable ASCII characters without spaces"

    public let text: String

    /// Nil if the text is not as ``expectation`` says.
    public init?(_ text: String) {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return nil
        }
        self.text = text
    }

    public var description: String { text }
}
