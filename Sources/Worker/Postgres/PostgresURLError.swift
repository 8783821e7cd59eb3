/// Why a text is no usable connection URI. Neither the text nor any part of it is repeated, since it may hold a password.
public struct PostgresURLError: Error, Sendable, CustomStringConvertible {
    public static let expected = "postgresql://user:password@host:5432/database, as libpq reads it"

    public let problem: String

    public var description: String { "\(problem); expected \(Self.expected)" }
}
