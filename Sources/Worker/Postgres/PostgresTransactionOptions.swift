/// How a transaction runs.
public struct PostgresTransactionOptions: Sendable {
    public enum Isolation: String, Sendable, CaseIterable {
        case readCommitted = "READ COMMITTED"
        case repeatableRead = "REPEATABLE READ"
        case serializable = "SERIALIZABLE"
    }

    public static let standard = PostgresTransactionOptions()

    public var isolation: Isolation
    public var isReadOnly: Bool
    /// For everything from the call on, waiting for a free connection included; nil: each statement has its own limit.
    /// COMMIT itself is never interrupted.
    public var timeout: Duration?

    public init(isolation: Isolation = .readCommitted, isReadOnly: Bool = false, timeout: Duration? = nil) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
        self.timeout = timeout
    }

    var beginCommand: String {
        "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(isReadOnly ? " READ ONLY" : "")"
    }
}
