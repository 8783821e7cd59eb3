/// A value that must not be seen: every description, interpolation, dump and mirror of it shows `<redacted>`.
///
/// It is deliberately neither `Equatable` (a comparison should be constant-time, on the bytes) nor `Encodable`.
public struct Secret: Sendable {
    private let value: String

    public init(_ value: String) {
        self.value = value
    }

    /// The value itself. Call it where the value is used, and keep the result no longer than that.
    public func reveal() -> String {
        value
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
