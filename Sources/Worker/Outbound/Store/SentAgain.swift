public import Postgres
public import Tenants

/// Which messages were sent again, as which: a new send carries the old one's id in its idempotency key.
public enum SentAgain {
    private static let keyPrefix = "again:"

    private static let find: PostgresStatement = """
        select idempotency_key, id from whatsapp_messages where tenant_id = $1 and idempotency_key = any($2)
        """

    static func key(of message: String) -> String { keyPrefix + message }

    /// The new message's id by the old one's; those that were not sent again are left out.
    public static func find(
        _ messages: [String], of tenant: TenantID, in session: PostgresSession
    ) throws(PostgresError) -> [String: String] {
        guard !messages.isEmpty else { return [:] }
        var keys = PostgresArray.text(capacity: messages.count)
        for message in messages { keys.append(key(of: message)) }
        var found: [String: String] = [:]
        for row in try session.execute(find, [.int8(tenant.value), .array(keys)]) {
            found[String(try row.string(0).dropFirst(keyPrefix.count))] = try row.string(1)
        }
        return found
    }
}
