public import OutboundLanes
public import Postgres
internal import Tenants

/// Takes requests out of `whatsapp_outbox`, where the quoting app writes them in its own transaction.
public enum Outbox {
    /// The channel of `NOTIFY`, sent by a trigger of the table.
    public static let channel = "whatsapp_outbox"

    /// What one step did.
    public struct Drained: Sendable, Equatable {
        /// Rows that were taken, those that cannot be sent included.
        public var rows = 0
        /// Rows that cannot be sent; each says why in its `error`.
        public var refused = 0
        /// To be pushed after the commit.
        public var turns: [Turn] = []

        public init() {}
    }

    // SKIP LOCKED: several workers drain beside one another, and what one holds at its death is free again.
    private static let take: PostgresStatement = """
        select id, tenant_id, idempotency_key, request::text from whatsapp_outbox
        where done_at is null and ($2::bigint is null or id = $2)
        order by id limit $1 for update skip locked
        """
    private static let first: PostgresStatement =
        "select id from whatsapp_outbox where done_at is null order by id limit 1"
    private static let finish: PostgresStatement = """
        update whatsapp_outbox o set done_at = clock_timestamp(), message_id = d.message_id, error = d.error
        from unnest($1::bigint[], $2::text[], $3::text[]) as d (id, message_id, error)
        where o.id = d.id
        """

    /// Turns up to `limit` waiting rows into messages, in the order in which they were written. Row and message change in
    /// one transaction, the caller's: whatever is cut off, a row is neither lost nor sent twice.
    /// - Parameters:
    ///   - row: only this row.
    ///   - now: Unix milliseconds.
    public static func drain(
        limit: Int, row: Int64? = nil, now: Int64, in session: PostgresSession
    ) throws(PostgresError) -> Drained {
        let rows = try session.execute(take, [.int8(Int64(limit)), .int8(row)])
        guard !rows.isEmpty else { return Drained() }
        var orders: [SendOrder] = []
        var ordered: [Int64] = []
        var outcomes = Outcomes()
        for row in rows {
            let (id, tenant) = (try row.int64(0), TenantID(try row.int64(1)))
            let (key, json) = (try row.optionalString(2), try row.bytes(3))
            do throws(SendRefusal) {
                if let key { try IdempotencyKey.check(key, field: "idempotency_key") }
                let request = try SendRequest(json: json)
                orders.append(
                    SendOrder(tenant: tenant, key: key, request: request, origin: .outbox(row: id)))
                ordered.append(id)
            } catch {
                outcomes.add(id, message: nil, error: "\(error)")
            }
        }
        var drained = Drained()
        for (id, submission) in zip(ordered, try SendStore.submit(orders, now: now, in: session)) {
            switch submission {
            case .new(let message, let turn):
                outcomes.add(id, message: message.id, error: nil)
                if let turn { drained.turns.append(turn) }
            case .same(let message): outcomes.add(id, message: message.id, error: nil)
            case .conflict(let conflict): outcomes.add(id, message: nil, error: "\(conflict)")
            case .refused(let refusal): outcomes.add(id, message: nil, error: "\(refusal)")
            }
        }
        _ = try session.execute(finish, outcomes.parameters)
        drained.rows = rows.count
        drained.refused = outcomes.refused
        return drained
    }

    /// The row that has waited longest, whoever holds it.
    static func firstWaiting(in session: PostgresSession) throws(PostgresError) -> Int64? {
        try session.execute(first, []).first.map { row throws(PostgresError) in try row.int64(0) }
    }

    /// Marks a row as one that cannot be stored: for one that Postgres refuses whenever it is tried.
    static func giveUp(_ row: Int64, reason: String, in session: PostgresSession) throws(PostgresError) -> Drained {
        var drained = Drained()
        guard !(try session.execute(take, [.int8(1), .int8(row)])).isEmpty else { return drained }
        var outcomes = Outcomes()
        outcomes.add(row, message: nil, error: reason)
        _ = try session.execute(finish, outcomes.parameters)
        (drained.rows, drained.refused) = (1, 1)
        return drained
    }
}

/// What became of each row.
private struct Outcomes {
    private var ids = PostgresArray.int8()
    private var messages = PostgresArray.text()
    private var errors = PostgresArray.text()
    private(set) var refused = 0

    mutating func add(_ id: Int64, message: String?, error: String?) {
        ids.append(id)
        messages.append(message)
        errors.append(error)
        if error != nil { refused += 1 }
    }

    var parameters: PostgresParameters { [.array(ids), .array(messages), .array(errors)] }
}
