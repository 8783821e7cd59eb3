public import Postgres
internal import WhatsAppPayload

/// Stores what was kept for a number once a tenant has it.
public struct UnroutedStore: Sendable {
    private static let take: PostgresStatement = """
        select u.id, u.change, u.waba_id, extract(epoch from u.entry_time)::bigint, u.received_at
        from whatsapp_unrouted u
        where u.id in (
            select id from (
                select id, sum(size) over (order by id) - size as before
                from (
                    select k.id, k.size from whatsapp_configs c
                    cross join lateral (
                        select id, octet_length(change) as size from whatsapp_unrouted
                        where phone_number_id = c.phone_number_id order by id limit $1) k
                    limit $1) waiting) summed
            where before < $2)
        order by u.id for update skip locked
        """
    private static let remove: PostgresStatement = "delete from whatsapp_unrouted where id = any($1)"

    private let store = WebhookStore()

    public init() {}

    /// Moves up to `limit` kept changes to where they belong, in the caller's transaction.
    /// - Parameters:
    ///   - bytes: the most that the changes may have together, so that memory stays bounded; a single larger one is moved.
    ///   - raw: moves them as raw events: for a change that Postgres refuses as what it is.
    /// - Returns: how many changes were moved.
    public func drain(
        limit: Int, bytes: Int = 4 * 1_024 * 1_024, raw: Bool = false, now: Int64, in session: PostgresSession
    ) throws(PostgresError) -> Int {
        let rows = try session.execute(Self.take, [.int8(Int64(limit)), .int8(Int64(bytes))])
        guard !rows.isEmpty else { return 0 }
        var parser = WebhookParser()
        var items: [IncomingItem] = []
        var moved: [Int64] = []
        for row in rows {
            let (id, change) = (try row.int64(0), try row.bytes(1))
            let (account, time) = (try row.optionalString(2), try row.optionalInt64(3))
            // All that is left of a change whose items were an erased customer's.
            if change.isEmpty {
                moved.append(id)
                continue
            }
            let contents: WebhookContents
            do throws(WebhookRejection) {
                contents = try parser.parse(change: change, wabaID: account, time: time)
            } catch {
                // It was cut out of a body that parsed. Should it ever not parse again, it stays where it is.
                continue
            }
            items += IncomingItem.all(of: contents, receivedAt: try row.microseconds(4) / 1_000)
            moved.append(id)
        }
        guard !moved.isEmpty else { return 0 }
        if raw {
            for item in items { try store.keepRaw(item, in: session) }
        } else {
            let stored = try store.store(items, now: now, in: session)
            // The number's tenant may have gone between the two statements: then nothing is moved.
            guard stored.unrouted == 0 else { return 0 }
        }
        _ = try session.execute(Self.remove, [.array(.int8(of: moved))])
        return moved.count
    }
}
