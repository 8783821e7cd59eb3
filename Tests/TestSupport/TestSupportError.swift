/// Why a server, a process or a condition that a test relies on did not come about, in a sentence that says what to do.
public struct TestSupportError: Error, CustomStringConvertible, Sendable {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
