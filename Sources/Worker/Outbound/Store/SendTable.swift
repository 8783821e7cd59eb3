internal import Postgres
internal import Tenants

/// The statements of a submission.
enum SendTable {
    private static let lookup: PostgresStatement = """
        select o.ord, t.id is not null, t.disabled_at is not null, c.phone_number_id, coalesce(c.is_active, false),
            c.template_name is not null, c.default_body, coalesce(c.link_hosts, '{}'), m.id, m.status, m.request_hash,
            m.request::text
        from unnest($1::bigint[], $2::text[]) with ordinality as o (tenant_id, key, ord)
        left join tenants t on t.id = o.tenant_id
        left join whatsapp_configs c on c.tenant_id = o.tenant_id
        left join whatsapp_messages m
            on m.tenant_id = o.tenant_id and m.idempotency_key = o.key and m.idempotency_key is not null
        """
    /// It is due by the database's clock, which decides about it later, not by the caller's, who gives a turn now to what is
    /// due by theirs. What the two disagree about has no turn that counts: the sweep gives it one in time.
    private static let insert: PostgresStatement = """
        insert into whatsapp_messages (id, tenant_id, conversation_id, direction, type, status, text, reply_to, sent_at,
            idempotency_key, request_hash, request, origin, phone_number_id, recipient, quote_id, quote_version, due_at,
            turn_at, expires_at, on_unknown, on_closed, named_by)
        select id, tenant_id, conversation_id, 'outbound', type, 'queued', text, reply_to, $19, idempotency_key,
            request_hash, request::jsonb, origin, phone_number_id, recipient, quote_id, quote_version,
            greatest(due_at, now()), case when coalesce(due_at <= least($19, now()), true) then now() end, expires_at, on_unknown,
            on_closed, case when recipient like '+%' then substr(recipient, 2) end
        from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[],
            $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::int4[], $15::timestamptz[],
            $16::timestamptz[], $17::text[], $18::text[])
            as s (id, tenant_id, conversation_id, type, text, reply_to, idempotency_key, request_hash, request, origin,
                phone_number_id, recipient, quote_id, quote_version, due_at, expires_at, on_unknown, on_closed)
        on conflict (tenant_id, idempotency_key) where idempotency_key is not null do nothing
        returning id
        """

    /// What the database knows about each entry, in their order.
    static func look(up entries: [SendEntry], in session: PostgresSession) throws(PostgresError) -> [SendContext] {
        guard !entries.isEmpty else { return [] }
        var tenants = PostgresArray.int8(capacity: entries.count)
        var keys = PostgresArray.text(capacity: entries.count, bytesPerElement: 40)
        for entry in entries {
            tenants.append(entry.order.tenant.value)
            keys.append(entry.key)
        }
        var contexts = [SendContext?](repeating: nil, count: entries.count)
        for row in try session.execute(lookup, [.array(tenants), .array(keys)]) {
            contexts[Int(try row.int64(0)) - 1] = try context(row)
        }
        // Every row of the list answers once: it stands on the left of all joins.
        return contexts.compactMap { $0 }
    }

    private static func context(_ row: PostgresRow) throws(PostgresError) -> SendContext {
        let existing: ExistingSend? =
            try row.isNull(8)
            ? nil
            : ExistingSend(
                id: try row.string(8), status: try row.string(9), hash: try row.optionalBytes(10) ?? [],
                request: try row.optionalString(11) ?? "{}")
        return SendContext(
            tenantExists: try row.bool(1), tenantIsDisabled: try row.bool(2), number: try row.optionalString(3),
            numberIsActive: try row.bool(4), hasTemplate: try row.bool(5), defaultBody: try row.optionalString(6),
            linkHosts: try row.stringArray(7).compactMap { $0 }, existing: existing)
    }

    /// Writes entries, which are in key order; answers the ids of those that nobody else had written before.
    /// - Parameter now: Unix milliseconds.
    static func insert(
        _ entries: [SendEntry], now: Int64, in session: PostgresSession
    ) throws(PostgresError) -> Set<String> {
        let count = entries.count
        func texts(_ bytes: Int = 16) -> PostgresArray { .text(capacity: count, bytesPerElement: bytes) }
        func times() -> PostgresArray { .timestamptz(capacity: count) }
        var (ids, tenants, conversations) = (
            texts(26), PostgresArray.int8(capacity: count), PostgresArray.int8(capacity: count)
        )
        var (types, shown, repliesTo, keys) = (texts(), texts(64), texts(), texts(40))
        var hashes = PostgresArray.bytea(capacity: count, bytesPerElement: 32)
        var (requests, origins, numbers, recipients) = (texts(256), texts(), texts(), texts())
        var (quotes, versions) = (texts(), PostgresArray.int4(capacity: count))
        var (due, ends, onUnknown, onClosed) = (times(), times(), texts(), texts())
        for entry in entries {
            let request = entry.request
            ids.append(entry.messageID)
            tenants.append(entry.order.tenant.value)
            conversations.append(entry.conversation)
            types.append(request.content.type)
            shown.append(request.content.shownText)
            repliesTo.append(request.replyTo)
            keys.append(entry.key)
            hashes.append(bytes: entry.hash)
            requests.append(request.canonicalJSON)
            origins.append(entry.order.origin.name)
            numbers.append(entry.number)
            recipients.append(request.recipient?.text)
            if case .quoteLink(let link) = request.content {
                quotes.append(link.quoteID)
                versions.append(link.version)
            } else {
                quotes.appendNull()
                versions.appendNull()
            }
            due.append(microseconds: request.sendAt)
            ends.append(microseconds: request.deadline)
            onUnknown.append(request.onUnknown.rawValue)
            onClosed.append(request.onClosed?.rawValue)
        }
        var parameters = PostgresParameters()
        for array in [
            ids, tenants, conversations, types, shown, repliesTo, keys, hashes, requests, origins, numbers, recipients,
            quotes, versions, due, ends, onUnknown, onClosed,
        ] { parameters.append(array) }
        parameters.append(microseconds: now * 1_000)
        var written: Set<String> = []
        for row in try session.execute(insert, parameters) { written.insert(try row.string(0)) }
        return written
    }
}
