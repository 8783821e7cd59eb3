/// Who does something that is written to the audit log, and from where.
public struct AuditActor: Sendable, Equatable {
    /// `operator`, or who is signed in.
    public let name: String
    /// `cli`, or a client's address.
    public let origin: String

    public init(name: String, origin: String) {
        self.name = name
        self.origin = origin
    }
}
