/// One numbered step of the database's schema.
public struct Migration: Sendable {
    /// Positive and unique; applied in ascending order.
    public let number: Int
    public let name: String
    /// Any number of statements; must not begin or end a transaction.
    public let sql: String
    /// The oldest program, named by its newest migration's number, that can still work with the schema after this step.
    public let compatibleFrom: Int

    public init(number: Int, name: String, sql: String, compatibleFrom: Int) {
        self.number = number
        self.name = name
        self.sql = sql
        self.compatibleFrom = compatibleFrom
    }
}
