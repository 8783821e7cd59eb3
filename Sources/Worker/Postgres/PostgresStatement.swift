/// An SQL statement that each connection prepares once, under a name made from its text and its parameters' types.
///
/// Keep statements in `static let` constants: the text is hashed when the value is made, not when it is executed. Text
/// that differs from call to call would be prepared again and again; use parameters instead.
public struct PostgresStatement: Sendable, Hashable, ExpressibleByStringLiteral {
    public let sql: String
    let key: StatementKey

    public init(_ sql: String) {
        self.sql = sql
        key = StatementKey(sql: sql)
    }

    public init(stringLiteral sql: String) {
        self.init(sql)
    }

    public static func == (left: PostgresStatement, right: PostgresStatement) -> Bool { left.sql == right.sql }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(key)
    }
}

/// 128 bits that tell one prepared statement from another: two FNV-1a hashes from different starts.
struct StatementKey: Sendable, Hashable {
    private static let prime: UInt64 = 0x100_0000_01b3

    private var first: UInt64 = 0xcbf2_9ce4_8422_2325
    private var second: UInt64 = 0x9ae1_6a3b_2f90_404f

    init(sql: String) {
        for byte in sql.utf8 { mix(UInt64(byte)) }
    }

    /// The key of the same text with parameters of these types: `$1` as text and `$1` as a number are two statements.
    func combined(with types: [UInt32]) -> StatementKey {
        var key = self
        key.mix(0x1_0000_0000)
        for type in types { key.mix(UInt64(type)) }
        return key
    }

    var name: String {
        "q_" + String(first, radix: 16) + "_" + String(second, radix: 16)
    }

    private mutating func mix(_ value: UInt64) {
        first = (first ^ value) &* Self.prime
        second = ((second ^ value) &* Self.prime) ^ (second >> 29)
    }
}
