internal import Identifiers
internal import Postgres
internal import Synchronization

/// When something of each tenant's number was stored last: the sign that its webhooks reach us.
///
/// Looks only at what is new since its last look, by the tables' keys, and only when somebody asks.
final class IntakeWatch: Sendable {
    private struct State {
        var lastStatus: Int64?
        /// Unix milliseconds up to which messages were looked at.
        var messagesUntil: Int64?
        /// Microseconds since 1970, by tenant.
        var signs: [Int64: Int64] = [:]
    }

    /// At most so many statuses are looked back at.
    private static let lookBack: Int64 = 50_000
    /// A transaction that was slow to commit is found also this long after its ids were made, in milliseconds.
    private static let overlap: Int64 = 30_000
    private static let statusOverlap: Int64 = 2_000

    private static let newest: PostgresStatement = """
        select coalesce(max(id), 0) from whatsapp_message_statuses
        """
    private static let statuses: PostgresStatement = """
        select tenant_id, max(created_at) from whatsapp_message_statuses where id > $1 group by tenant_id
        """
    private static let messages: PostgresStatement = """
        select tenant_id, max(created_at) from whatsapp_messages
        where id > $1 and direction = 'inbound' group by tenant_id
        """

    private let state = Mutex(State())

    /// Looks, and answers by tenant, in microseconds since 1970.
    /// - Parameters:
    ///   - oldest: Unix milliseconds of the oldest send that somebody asks about.
    ///   - now: Unix milliseconds.
    func signs(since oldest: Int64, now: Int64, in session: PostgresSession) throws(PostgresError) -> [Int64: Int64] {
        let (lastStatus, messagesUntil) = state.withLock { ($0.lastStatus, $0.messagesUntil) }
        let newest = try session.execute(Self.newest).only().int64(0)
        let from = max((lastStatus ?? 0) - Self.statusOverlap, newest - Self.lookBack, 0)
        let begin = max(0, messagesUntil.map { max($0 - Self.overlap, oldest) } ?? oldest)
        // A ULID begins with its milliseconds.
        let firstID = ULID(high: UInt64(begin) << 16, low: 0).description
        var found: [Int64: Int64] = [:]
        for rows in [
            try session.execute(Self.statuses, [.int8(from)]), try session.execute(Self.messages, [.text(firstID)]),
        ] {
            for row in rows {
                let (tenant, at) = (try row.int64(0), try row.microseconds(1))
                found[tenant] = max(at, found[tenant] ?? 0)
            }
        }
        let seen = found
        return state.withLock { state in
            state.lastStatus = newest
            state.messagesUntil = now
            state.signs.merge(seen) { max($0, $1) }
            return state.signs
        }
    }
}
