/// An element whose header cannot be read: where and why, never its content.
public struct JobElementError: Error, Sendable, Equatable, CustomStringConvertible {
    public let reason: String
    /// Byte offset in the element.
    public let offset: Int

    public init(reason: String, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String { "\(reason) at byte \(offset)" }
}
