/// What people call a tenant: 1 to 200 characters (Unicode scalars) that are not all blank, without control characters. Not unique.
public struct TenantName: Sendable, Hashable, CustomStringConvertible {
    public static let expectation = "1 to 200 characters, not all blank, without control characters"

    public let text: String

    /// Nil if the text is not as ``expectation`` says.
    public init?(_ text: String) {
        let hasControls = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard (1...200).contains(text.unicodeScalars.count), !text.allSatisfy(\.isWhitespace), !hasControls else {
            return nil
        }
        self.text = text
    }

    public var description: String { text }
}
