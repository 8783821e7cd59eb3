internal import Postgres

/// What is known of numbers beside what messages tell: who was seen with one.
enum NumberFacts {
    private static let insert: PostgresStatement = """
        insert into whatsapp_number_facts (tenant_id, number, at, conversation_id)
        select distinct tenant_id, number, at, conversation_id
        from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[])
            as f (tenant_id, number, at, conversation_id)
        order by tenant_id, number, at, conversation_id
        on conflict do nothing
        """

    /// - Parameter facts: with times in microseconds since 1970.
    static func insert(
        _ facts: [(phone: Identity, at: Int64, conversation: Int64)], in session: PostgresSession
    ) throws(PostgresError) {
        guard !facts.isEmpty else { return }
        var (tenants, numbers) = (PostgresArray.int8(capacity: facts.count), PostgresArray.text(capacity: facts.count))
        var (times, ids) = (
            PostgresArray.timestamptz(capacity: facts.count), PostgresArray.int8(capacity: facts.count)
        )
        for fact in facts {
            tenants.append(fact.phone.tenant)
            numbers.append(fact.phone.value)
            times.append(microseconds: fact.at)
            ids.append(fact.conversation)
        }
        _ = try session.execute(insert, [.array(tenants), .array(numbers), .array(times), .array(ids)])
    }
}
