/// A tenant's Graph API token. It never prints itself; ``reveal()`` is for sealing and for the `Authorization` header.
public struct AccessToken: Sendable, Equatable {
    private let value: String

    /// Any text but an empty one; nil for that.
    public init?(_ value: String) {
        guard !value.isEmpty else { return nil }
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
