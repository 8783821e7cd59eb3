internal import Postgres

/// Notes in the rows when turns come again that have to wait, so that the sweep gives no second one meanwhile.
enum DeferralTable {
    private static let write: PostgresStatement = """
        update whatsapp_messages m set turn_at = now() + w.ms * interval '1 millisecond'
        from unnest($1::text[], $2::bigint[]) as w (id, ms)
        where m.id = w.id and m.status = 'queued'
        returning m.id
        """

    /// - Parameter waits: milliseconds from now, by message.
    /// - Returns: the messages that are queued; of all others the turn has nothing to wait for.
    @discardableResult
    static func write(
        _ waits: [(id: String, milliseconds: Int64)], in session: PostgresSession
    ) throws(PostgresError) -> Set<String> {
        guard !waits.isEmpty else { return [] }
        var ids = PostgresArray.text(capacity: waits.count, bytesPerElement: 26)
        var times = PostgresArray.int8(capacity: waits.count)
        for wait in waits.sorted(by: { $0.id < $1.id }) {
            ids.append(wait.id)
            times.append(wait.milliseconds)
        }
        var queued: Set<String> = []
        for row in try session.execute(write, [.array(ids), .array(times)]) { queued.insert(try row.string(0)) }
        return queued
    }
}
