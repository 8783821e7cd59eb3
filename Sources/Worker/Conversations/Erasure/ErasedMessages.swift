internal import OpenSSLKit
internal import Postgres
internal import WhatsAppPayload

/// Messages and calls of customers who were erased, known by the hashes of their wamids and of what told of the calls.
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
        let known = try indices(of: ordered.map { ($0.tenant, SHA256.hash($0.wamid).bytes) }, in: session)
        let erased = Set(known.map { ordered[$0] })
        guard !erased.isEmpty else { return }
        messages.removeAll { erased.contains($0.name) || ($0.targetName.map(erased.contains) ?? false) }
        statuses.removeAll { $0.names.contains(where: erased.contains) }
    }

    /// The same for calls, and for the events that tell of them.
    static func drop(
        from calls: inout [RoutedCall], _ events: inout EventRows, tenants: Set<Int64>, in session: PostgresSession
    ) throws(PostgresError) {
        guard !tenants.isEmpty else { return }
        let contents = events.contents(of: tenants)
        guard !contents.isEmpty else { return }
        let erased = Set(try indices(of: contents, in: session).map { Content(contents[$0]) })
        guard !erased.isEmpty else { return }
        calls.removeAll { erased.contains(Content(($0.tenant, $0.hash))) }
        events.remove { tenant, hash in tenant.map { erased.contains(Content(($0, hash))) } ?? false }
    }

    private struct Content: Hashable {
        let tenant: Int64
        let hash: [UInt8]

        init(_ content: (tenant: Int64, hash: [UInt8])) { (tenant, hash) = content }
    }

    /// Which of these are remembered as erased: indices.
    private static func indices(
        of hashes: [(tenant: Int64, hash: [UInt8])], in session: PostgresSession
    ) throws(PostgresError) -> [Int] {
        var array = PostgresArray.bytea(capacity: hashes.count, bytesPerElement: 32)
        for (_, hash) in hashes { array.append(bytes: hash) }
        var known: [Int] = []
        for row in try session.execute(find, [.array(.int8(of: hashes.map(\.tenant))), .array(array)]) {
            known.append(Int(try row.int64(0)) - 1)
        }
        return known
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
