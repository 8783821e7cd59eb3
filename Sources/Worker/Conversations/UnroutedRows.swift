internal import OpenSSLKit
internal import Postgres
internal import WhatsAppPayload

/// Changes of numbers that no tenant has, whole, so that they can be stored once a tenant has the number.
struct UnroutedRows {
    private static let insert: PostgresStatement = """
        insert into whatsapp_unrouted (phone_number_id, waba_id, entry_time, content_hash, received_at, change)
        select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::bytea[], $5::timestamptz[], $6::bytea[])
        on conflict do nothing
        """

    /// What tells a change from others, as the table's unique key does; the number stands in the hashed bytes.
    private struct Key: Hashable, Comparable {
        let hash: [UInt8]
        let account: String?
        let time: Int64?

        static func < (left: Key, right: Key) -> Bool {
            if left.hash != right.hash { return left.hash.lexicographicallyPrecedes(right.hash) }
            return (left.account ?? "", left.time ?? 0) < (right.account ?? "", right.time ?? 0)
        }
    }

    private struct Row {
        let number: String
        let change: WebhookChange
        let receivedAt: Int64
    }

    private var rows: [Key: Row] = [:]
    /// The change noted last. Its items follow one another, so that one with many items is hashed once, not once for each.
    private var last: WebhookChange?

    /// Notes the item's change; its other items are in it.
    mutating func append(_ item: IncomingItem) {
        guard let number = item.item.phoneNumberID else { return }
        let change = item.change
        if let last, last.raw == change.raw, last.wabaID == change.wabaID, last.time == change.time { return }
        last = change
        let key = Key(hash: change.raw.contentHash.bytes, account: change.wabaID, time: change.time)
        guard rows[key] == nil else { return }
        rows[key] = Row(number: number, change: change, receivedAt: item.receivedAt)
    }

    func insert(in session: PostgresSession) throws(PostgresError) {
        guard !rows.isEmpty else { return }
        var (numbers, wabas) = (PostgresArray.text(capacity: rows.count), PostgresArray.text(capacity: rows.count))
        var (entryTimes, received) = (PostgresArray.timestamptz(), PostgresArray.timestamptz())
        var (hashes, changes) = (PostgresArray.bytea(capacity: rows.count), PostgresArray.bytea(capacity: rows.count))
        for (key, row) in rows.sorted(by: { $0.key < $1.key }) {
            numbers.append(row.number)
            wabas.append(row.change.wabaID)
            entryTimes.append(microseconds: row.change.time.map { $0 * 1_000_000 })
            hashes.append(bytes: key.hash)
            received.append(microseconds: row.receivedAt * 1_000)
            row.change.raw.withUnsafeBytes { changes.append(bytes: $0) }
        }
        _ = try session.execute(
            Self.insert,
            [
                .array(numbers), .array(wabas), .array(entryTimes), .array(hashes), .array(received), .array(changes),
            ])
    }
}
