/// How a transaction runs.
public struct PostgresTransactionOptions: Sendable {
    public enum Isolation: String, Sendable, CaseIterable {
        case readCommitted = "READ COMMITTED"
        case repeatableRead = "REPEATABLE READ"
        case serializable = "SERIALIZABLE"
    }

    /// A run-time parameter that holds until the transaction ends.
    public struct Setting: Sendable, Equatable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public static let standard = PostgresTransactionOptions()

    public var isolation: Isolation
    public var isReadOnly: Bool
    /// For everything from the call on, waiting for a free connection included; nil: each statement has its own limit.
    /// COMMIT itself is never interrupted.
    public var timeout: Duration?
    /// Set in the same round trip as BEGIN, in this order; `role` is the role that the transaction runs as.
    public var settings: [Setting]

    public init(
        isolation: Isolation = .readCommitted, isReadOnly: Bool = false, timeout: Duration? = nil,
        settings: [Setting] = []
    ) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
        self.timeout = timeout
        self.settings = settings
    }

    var beginCommand: String {
        let begin = "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(isReadOnly ? " READ ONLY" : "")"
        return settings.reduce(into: begin) { script, setting in
            script += "; SET LOCAL \(Self.name(setting.name)) = \(Self.literal(setting.value))"
        }
    }

    /// Parts in double quotes, so that nothing in them can end the command.
    private static func name(_ name: String) -> String {
        name.split(separator: ".", omittingEmptySubsequences: false)
            .map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ".")
    }

    /// As an escape string, whose meaning does not hang on `standard_conforming_strings`.
    private static func literal(_ text: String) -> String {
        "E'" + text.replacing("\\", with: "\\\\").replacing("'", with: "''") + "'"
    }
}
