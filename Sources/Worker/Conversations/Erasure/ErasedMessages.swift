internal import OpenSSLKit
internal import Postgres
internal import WhatsAppPayload

/// Messages of customers who were erased, known by the hashes of their wamids.
enum ErasedMessages {
    struct Name: Hashable {
        let tenant: Int64
        let wamid: String
    }

    private static let find: PostgresStatement = """
        select n.ord from unnest($1::bigint[], $2::bytea[]) with ordinality as n (tenant_id, hash, ord)
        join whatsapp_erased e on e.tenant_id = n.tenant_id and e.hash = n.hash
        """

    private static let insert: PostgresStatement = """
        insert into whatsapp_erased (tenant_id, hash) select $1, h from unnest($2::bytea[]) as h
        on conflict do nothing
        """

    /// - Parameter names: wamids, ids of sends, and what ``ErasedName`` makes.
    static func remember(
        _ names: Set<String>, of tenant: Int64, in session: PostgresSession
    ) throws(PostgresError) {
        guard !names.isEmpty else { return }
        var hashes = PostgresArray.bytea(capacity: names.count, bytesPerElement: 32)
        // In order, so that two of them wait for one another.
        for hash in names.map({ SHA256.hash($0).bytes }).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            hashes.append(bytes: hash)
        }
        _ = try session.execute(insert, [.int8(tenant), .array(hashes)])
    }

    /// Takes those out of a batch that must not come back. Costs something only where a tenant has erased somebody.
    /// - Parameter tenants: those who have.
    static func drop(
        from messages: inout [RoutedMessage], _ statuses: inout [RoutedStatus], tenants: Set<Int64>,
        in session: PostgresSession
    ) throws(PostgresError) {
        guard !tenants.isEmpty else { return }
        var names: Set<Name> = []
        for row in messages where tenants.contains(row.tenant) {
            names.insert(row.name)
            if let target = row.targetName { names.insert(target) }
        }
        for row in statuses where tenants.contains(row.tenant) { names.formUnion(row.names) }
        guard !names.isEmpty else { return }
        let ordered = Array(names)
        var hashes = PostgresArray.bytea(capacity: ordered.count, bytesPerElement: 32)
        for name in ordered { hashes.append(bytes: SHA256.hash(name.wamid).bytes) }
        var erased: Set<Name> = []
        for row in try session.execute(find, [.array(.int8(of: ordered.map(\.tenant))), .array(hashes)]) {
            erased.insert(ordered[Int(try row.int64(0)) - 1])
        }
        guard !erased.isEmpty else { return }
        messages.removeAll { erased.contains($0.name) || ($0.targetName.map(erased.contains) ?? false) }
        statuses.removeAll { $0.names.contains(where: erased.contains) }
    }
}

extension RoutedMessage {
    fileprivate var name: ErasedMessages.Name { ErasedMessages.Name(tenant: tenant, wamid: message.wamid) }
    fileprivate var targetName: ErasedMessages.Name? {
        message.change.map { ErasedMessages.Name(tenant: tenant, wamid: $0.target) }
    }
}

extension RoutedStatus {
    /// A status may name its message by the callback data alone: when the answer with the wamid came after the erasure.
    fileprivate var names: [ErasedMessages.Name] {
        var names = [ErasedMessages.Name(tenant: tenant, wamid: status.wamid)]
        if let participant = status.participant {
            names.append(
                ErasedMessages.Name(
                    tenant: tenant, wamid: ErasedName.status(of: status.wamid, participant: participant)))
        }
        if let data = status.callbackData, let dot = data.firstIndex(of: ".") {
            names.append(ErasedMessages.Name(tenant: tenant, wamid: String(data[..<dot])))
        }
        return names
    }
}
