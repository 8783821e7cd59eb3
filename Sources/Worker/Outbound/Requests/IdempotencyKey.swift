internal import LenientJSON

/// What a caller names a send by, so that asking again is not sending again.
public enum IdempotencyKey {
    /// It stands in an index.
    public static let longest = 255
    public static let expectation = "expected 1 to \(longest) printable ASCII characters"

    /// Refuses what is no key.
    /// - Parameter field: how the caller gave it, such as `Idempotency-Key`.
    public static func check(_ key: String, field: String) throws(SendRefusal) {
        guard (1...longest).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw SendRefusal(.invalidValue, field, expectation)
        }
    }

    static func read(_ fields: RequestFields, _ field: String) throws(SendRefusal) -> String? {
        guard let value = fields.value(field) else { return nil }
        guard let key = value.string else { throw SendRefusal(.wrongType, fields.name(of: field), expectation) }
        try check(key, field: fields.name(of: field))
        return key
    }
}
