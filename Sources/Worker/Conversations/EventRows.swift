internal import OpenSSLKit
internal import Postgres
internal import WhatsAppPayload

/// Account and template fields, errors, and items without an identifier: kept by account, number, field, time and the
/// hash of their bytes.
struct EventRows {
    private static let insert: PostgresStatement = """
        insert into whatsapp_events (tenant_id, waba_id, phone_number_id, field, occurred_at, content_hash, raw)
        select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bytea[],
            $7::bytea[])
        on conflict do nothing
        """

    private struct Row {
        let tenant: Int64?
        let waba: String?
        let number: String?
        let field: String
        /// Microseconds since 1970.
        let at: Int64?
        let hash: [UInt8]
        let raw: RawJSON

        /// A total order over the unique key, so that two transactions never wait for one another.
        static func precedes(_ left: Row, _ right: Row) -> Bool {
            if left.hash != right.hash { return left.hash.lexicographicallyPrecedes(right.hash) }
            return (left.number ?? "", left.waba ?? "", left.field, left.at ?? 0)
                < (right.number ?? "", right.waba ?? "", right.field, right.at ?? 0)
        }
    }

    private var rows: [Row] = []

    var count: Int { rows.count }

    /// Of the events of these tenants, whose they are and the hash of what they hold.
    func contents(of tenants: Set<Int64>) -> [(tenant: Int64, hash: [UInt8])] {
        rows.compactMap { row in
            guard let tenant = row.tenant, tenants.contains(tenant) else { return nil }
            return (tenant, row.hash)
        }
    }

    mutating func remove(where isMeant: (_ tenant: Int64?, _ hash: [UInt8]) -> Bool) {
        rows.removeAll { isMeant($0.tenant, $0.hash) }
    }

    /// - Parameter field: replaces the field's own name.
    mutating func append(_ item: IncomingItem, tenant: Int64?, field: String? = nil) {
        let raw = item.item.raw
        let (own, time): (String, Int64?) =
            switch item.item {
            case .event(let event): (event.field, event.time)
            case .message, .status: (item.change.field, item.change.time)
            }
        rows.append(
            Row(
                tenant: tenant, waba: item.change.wabaID, number: item.item.phoneNumberID, field: field ?? own,
                at: time.map { $0 * 1_000_000 }, hash: raw.contentHash.bytes, raw: raw))
    }

    func insert(in session: PostgresSession) throws(PostgresError) {
        guard !rows.isEmpty else { return }
        var tenants = PostgresArray.int8(capacity: rows.count)
        var (wabas, numbers) = (PostgresArray.text(capacity: rows.count), PostgresArray.text(capacity: rows.count))
        var fields = PostgresArray.text(capacity: rows.count)
        var times = PostgresArray.timestamptz(capacity: rows.count)
        var (hashes, raw) = (PostgresArray.bytea(capacity: rows.count), PostgresArray.bytea(capacity: rows.count))
        for row in rows.sorted(by: Row.precedes) {
            tenants.append(row.tenant)
            wabas.append(row.waba)
            numbers.append(row.number)
            fields.append(row.field)
            times.append(microseconds: row.at)
            hashes.append(bytes: row.hash)
            row.raw.withUnsafeBytes { raw.append(bytes: $0) }
        }
        _ = try session.execute(
            Self.insert,
            [
                .array(tenants), .array(wabas), .array(numbers), .array(fields), .array(times), .array(hashes),
                .array(raw),
            ])
    }
}
