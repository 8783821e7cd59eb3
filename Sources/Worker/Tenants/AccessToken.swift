/// A tenant's Graph API token. It never prints itself; ``reveal()`` is for sealing and for the `Authorization` header.
public struct AccessToken: Sendable, Equatable {
    public static let expectation = "a text without blanks, line breaks and control characters"

    private let value: String

    /// Any text that is not empty and that a header can carry in one piece (RFC 9110, section 5.5); else nil.
    public init?(_ value: String) {
        let isOnePiece = value.unicodeScalars.allSatisfy { scalar in
            !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
        }
        guard !value.isEmpty, isOnePiece else { return nil }
        self.value = value
    }

    /// For what was a token before it was sealed.
    init(unchecked value: String) {
        self.value = value
    }

    public func reveal() -> String { value }

    /// What may be shown after saving; nil if four characters would be a large part of the token.
    public var last4: String? {
        value.count >= 12 ? String(value.suffix(4)) : nil
    }
}

extension AccessToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
