/// The number of a tenant in the database.
public struct TenantID: Sendable, Hashable, CustomStringConvertible {
    public let value: Int64

    public init(_ value: Int64) {
        self.value = value
    }

    public var description: String { String(value) }
}
