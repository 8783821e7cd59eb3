public import Postgres

/// Writes what somebody did to a tenant, or to a message of theirs, to the table `audit_log`.
public enum AuditLog {
    private static let insert: PostgresStatement = """
        insert into audit_log (actor, action, tenant_id, detail, origin)
        values ($1, $2, $3,
            jsonb_strip_nulls(jsonb_build_object('fields', nullif(to_jsonb($4::text[]), '[]'), 'phone_number_id',
                $5::text, 'last4', $6::text, 'message_id', $7::text, 'note', $8::text)),
            $9)
        """

    /// - Parameters:
    ///   - tenant: nil: of none.
    ///   - fields: names of what was changed.
    ///   - number: the phone number id that it is about.
    ///   - last4: the last characters of an API key.
    ///   - message: the id of the message that it is about.
    ///   - note: what there is to say besides.
    public static func write(
        _ action: String, _ tenant: TenantID?, fields: [String] = [], number: String? = nil, last4: String? = nil,
        message: String? = nil, note: String? = nil, by actor: AuditActor, in session: PostgresSession
    ) throws(PostgresError) {
        var names = PostgresArray.text(capacity: fields.count)
        for field in fields { names.append(field) }
        _ = try session.execute(
            insert,
            [
                .text(actor.name), .text(action), .int8(tenant?.value), .array(names), .text(number), .text(last4),
                .text(message), .text(note), .text(actor.origin),
            ])
    }

    private static let insertCounts: PostgresStatement = """
        insert into audit_log (actor, action, tenant_id, detail, origin)
        select $1, $2, $3, jsonb_object_agg(n.name, n.count) || jsonb_build_object('complete', $6::bool), $7
        from unnest($4::text[], $5::bigint[]) as n (name, count)
        """

    /// Writes how much of what an act concerned; nothing else may be said of it.
    /// - Parameter isComplete: false: it was cut off.
    public static func write(
        _ action: String, _ tenant: TenantID, counts: [(name: String, count: Int)], isComplete: Bool,
        by actor: AuditActor, in session: PostgresSession
    ) throws(PostgresError) {
        var (names, numbers) = (PostgresArray.text(capacity: counts.count), PostgresArray.int8(capacity: counts.count))
        for (name, count) in counts {
            names.append(name)
            numbers.append(Int64(count))
        }
        _ = try session.execute(
            insertCounts,
            [
                .text(actor.name), .text(action), .int8(tenant.value), .array(names), .array(numbers),
                .bool(isComplete), .text(actor.origin),
            ])
    }
}
