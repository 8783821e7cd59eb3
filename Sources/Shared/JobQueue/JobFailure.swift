/// Why a job failed: a stable code for grouping and a sentence for a person. Never a secret, never row values.
public struct JobFailure: Sendable, Equatable, Error {
    public var code: String
    public var text: String

    public init(code: String, text: String) {
        self.code = code
        self.text = text
    }
}
