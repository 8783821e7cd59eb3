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

    private struct Row {
        let number: String
        let change: WebhookChange
        let hash: [UInt8]
        let receivedAt: Int64
    }

    private var rows: [[UInt8]: Row] = [:]

    /// Notes the item's change; its other items are in it.
    mutating func append(_ item: IncomingItem) {
        guard let number = item.item.phoneNumberID else { return }
        let hash = item.change.raw.withUnsafeBytes { SHA256.hash($0).bytes }
        rows[hash] = Row(number: number, change: item.change, hash: hash, receivedAt: item.receivedAt)
    }

    func insert(in session: PostgresSession) throws(PostgresError) {
        guard !rows.isEmpty else { return }
        var (numbers, wabas) = (PostgresArray.text(capacity: rows.count), PostgresArray.text(capacity: rows.count))
        var (entryTimes, received) = (PostgresArray.timestamptz(), PostgresArray.timestamptz())
        var (hashes, changes) = (PostgresArray.bytea(capacity: rows.count), PostgresArray.bytea(capacity: rows.count))
        for row in rows.values.sorted(by: { $0.hash.lexicographicallyPrecedes($1.hash) }) {
            numbers.append(row.number)
            wabas.append(row.change.wabaID)
            entryTimes.append(microseconds: row.change.time.map { $0 * 1_000_000 })
            hashes.append(bytes: row.hash)
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
