internal import Postgres

/// What is known of numbers, so that it outlives the messages that told it.
enum NumberFacts {
    private static let insert: PostgresStatement = """
        insert into whatsapp_number_facts (tenant_id, number, at, told_by, conversation_id, is_change, changed_from)
        select tenant_id, number, at, told_by, conversation_id, is_change, changed_from
        from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::bigint[], $6::bool[], $7::text[])
            as f (tenant_id, number, at, told_by, conversation_id, is_change, changed_from)
        order by tenant_id, number, at, told_by, conversation_id
        on conflict do nothing
        """

    /// As the migration has it for what was there before.
    private static let adopt: PostgresStatement = """
        with former as (
            select i.tenant_id, i.value, i.held_since, i.conversation_id, i.previous_id
            from unnest($1::bigint[], $2::text[]) as n (tenant_id, value)
            join whatsapp_identities i on i.tenant_id = n.tenant_id and i.kind = 'phone' and i.value = n.value
            where i.seen_in is null and i.held_since is not null and (i.previous_id is not null or i.acquired))
        insert into whatsapp_number_facts (tenant_id, number, at, conversation_id, is_change)
        select tenant_id, value, held_since, conversation_id, true from former
        union all
        select tenant_id, value, to_timestamp(0), previous_id, false from former where previous_id is not null
        on conflict do nothing
        """

    /// Keeps what a Worker of an earlier version found out about numbers, beside this one: it writes no facts.
    static func adopt(_ numbers: [Identity], in session: PostgresSession) throws(PostgresError) {
        guard !numbers.isEmpty else { return }
        let tenants = PostgresArray.int8(of: numbers.map(\.tenant))
        _ = try session.execute(adopt, [.array(tenants), .array(.text(of: numbers.map(\.value)))])
    }

    static func insert(_ facts: [NumberFact<Int64>], in session: PostgresSession) throws(PostgresError) {
        guard !facts.isEmpty else { return }
        let count = facts.count
        var (tenants, numbers) = (PostgresArray.int8(capacity: count), PostgresArray.text(capacity: count))
        var (times, messages) = (PostgresArray.timestamptz(capacity: count), PostgresArray.text(capacity: count))
        var (ids, changes) = (PostgresArray.int8(capacity: count), PostgresArray.bool(capacity: count))
        var origins = PostgresArray.text(capacity: count)
        for fact in facts {
            tenants.append(fact.tenant)
            numbers.append(fact.number)
            times.append(microseconds: fact.at)
            messages.append(fact.toldBy)
            ids.append(fact.person)
            changes.append(fact.isChange)
            origins.append(fact.changedFrom)
        }
        _ = try session.execute(
            insert,
            [
                .array(tenants), .array(numbers), .array(times), .array(messages), .array(ids), .array(changes),
                .array(origins),
            ])
    }
}
