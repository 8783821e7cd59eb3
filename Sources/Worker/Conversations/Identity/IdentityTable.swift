internal import Postgres

/// The statements that read and write identities, under the locks of their tenants.
enum IdentityTable {
    /// First half of the advisory lock's key; the second is the tenant.
    private static let lockSpace: Int32 = 7_001

    private static let lock: PostgresStatement = """
        select pg_advisory_xact_lock($1, t::int) from unnest($2::bigint[]) as t
        """
    private static let share: PostgresStatement = """
        select pg_advisory_xact_lock_shared($1, t::int) from unnest($2::bigint[]) as t
        """
    /// Contested is also what has a previous holder only: version 9, which may run beside this one, knows no `seen_in`.
    private static let load: PostgresStatement = """
        select a.ord, i.conversation_id, i.held_since, i.previous_id, i.acquired,
            i.seen_in is not null or i.previous_id is not null,
            exists (select from whatsapp_identities x where x.conversation_id = i.conversation_id and x.kind = 'user_id'),
            exists (select from whatsapp_identities x where x.conversation_id = i.previous_id and x.kind = 'user_id')
        from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality as a (tenant_id, kind, value, ord)
        join whatsapp_identities i on i.tenant_id = a.tenant_id and i.kind = a.kind and i.value = a.value
        """
    private static let open: PostgresStatement = """
        insert into whatsapp_conversations (tenant_id)
        select t from unnest($1::bigint[]) with ordinality as n (t, ord) order by ord
        returning id
        """
    private static let insertion = """
        insert into whatsapp_identities (tenant_id, kind, value, conversation_id, held_since, previous_id, acquired)
        select tenant_id, kind, value, conversation_id, held_since, previous_id, acquired
        from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::bigint[],
            $7::bool[])
            as i (tenant_id, kind, value, conversation_id, held_since, previous_id, acquired)
        on conflict (tenant_id, kind, value)
        """
    private static let link = PostgresStatement(
        """
        \(insertion) do update set conversation_id = excluded.conversation_id, held_since = excluded.held_since,
            previous_id = excluded.previous_id, acquired = excluded.acquired
        """)
    /// Waits for those who write the same identity at the same time. In key order, so that no two wait for one another.
    private static let introduce = PostgresStatement(
        "with introduced as (\(insertion) do nothing returning 1) select count(*) from introduced")
    /// What was told of contested numbers is worked out once it is committed. By the clock, which goes on within a
    /// transaction: who holds the tenant's lock later is later.
    private static let contest: PostgresStatement = """
        update whatsapp_identities i set told_at = clock_timestamp(),
            seen_in = array(select distinct id from unnest(i.seen_in || n.ids) as u (id) where id is not null)
        from (
            select tenant_id, value, array_agg(id) as ids
            from unnest($1::bigint[], $2::text[], $3::bigint[]) as c (tenant_id, value, id)
            group by tenant_id, value) n
        where i.tenant_id = n.tenant_id and i.kind = 'phone' and i.value = n.value
        """

    /// What plans are made from.
    struct Known {
        var holdings: [Identity: IdentityHolding] = [:]
        var withUserID: Set<PlannedConversation> = []
    }

    /// Takes the tenants' locks alone: nobody else decides about their customers meanwhile, nor opens conversations.
    static func lock(_ tenants: Set<Int64>, in session: PostgresSession) throws(PostgresError) {
        _ = try session.execute(lock, [.int4(lockSpace), .array(.int8(of: tenants.sorted()))])
    }

    static func load(
        _ identities: Set<Identity>, in session: PostgresSession
    ) throws(PostgresError) -> Known {
        let ordered = identities.sorted()
        var columns = Columns(capacity: ordered.count)
        for identity in ordered { columns.append(identity) }
        var known = Known()
        for row in try session.execute(load, [.array(columns.tenants), .array(columns.kinds), .array(columns.values)]) {
            let identity = ordered[Int(try row.int64(0)) - 1]
            let holder = try row.optionalInt64(1).map(PlannedConversation.existing)
            let previous = try row.optionalInt64(3).map(PlannedConversation.existing)
            known.holdings[identity] = IdentityHolding(
                holder: holder, since: try row.optionalMicroseconds(2), previous: previous,
                isAcquired: try row.bool(4), isContested: try row.bool(5))
            if let holder, try row.bool(6) { known.withUserID.insert(holder) }
            if let previous, try row.bool(7) { known.withUserID.insert(previous) }
        }
        return known
    }

    /// Opens the conversations of customers of whom nothing was known, beside others who do the same, but not beside
    /// those who decide about known ones.
    /// - Returns: the id of each planned conversation; nil, and nothing was done, where somebody has become known meanwhile.
    static func open(
        _ plan: IdentityPlan, _ tenants: Set<Int64>, in session: PostgresSession
    ) throws(PostgresError) -> ((PlannedConversation) -> Int64)? {
        // Before the lock, so that rolling back gives that up as well: two that kept it would wait for each other when both
        // then ask for it alone.
        try session.run(script: "savepoint opening")
        _ = try session.execute(share, [.int4(lockSpace), .array(.int8(of: tenants.sorted()))])
        let id = try open(plan, in: session)
        let written = try session.execute(introduce, holdings(of: plan, id)).only().int64(0)
        guard written == plan.changed.count else {
            try session.run(script: "rollback to savepoint opening; release savepoint opening")
            return nil
        }
        try session.run(script: "release savepoint opening")
        return id
    }

    /// Opens and merges conversations and writes whose each identity is.
    /// - Parameter touched: conversations that the transaction will write to later.
    /// - Returns: the id of each planned conversation.
    static func write(
        _ plan: IdentityPlan, touched: Set<Int64>, in session: PostgresSession
    ) throws(PostgresError) -> (PlannedConversation) -> Int64 {
        let id = try open(plan, in: session)
        let merges = plan.merges.map { (ended: $0.ended, into: id($0.into)) }
        if !merges.isEmpty {
            let ended = merges.flatMap { [$0.ended, $0.into] }
            try ConversationMerge.hold(touched.union(ended), in: session)
            try ConversationMerge.write(merges, in: session)
        }
        try NumberFacts.adopt(plan.contested.keys.sorted(), in: session)
        if !plan.changed.isEmpty { _ = try session.execute(link, holdings(of: plan, id)) }
        try contest(plan, id, in: session)
        try NumberFacts.insert(plan.facts.map { $0.map(id) }, in: session)
        return id
    }

    /// - Returns: the id of each planned conversation.
    private static func open(
        _ plan: IdentityPlan, in session: PostgresSession
    ) throws(PostgresError) -> (PlannedConversation) -> Int64 {
        let living = plan.living
        var ids: [Int64] = []
        if !living.isEmpty {
            for row in try session.execute(open, [.array(.int8(of: living.map { plan.opened[$0] }))]) {
                ids.append(try row.int64(0))
            }
            ids.sort()
        }
        let opened = Dictionary(uniqueKeysWithValues: zip(living, ids))
        func id(_ place: PlannedConversation) -> Int64 {
            switch plan.root(place) {
            case .existing(let id): id
            case .opened(let index): opened[index] ?? 0
            }
        }
        return id
    }

    /// Whose each identity of a plan is, as columns.
    private static func holdings(of plan: IdentityPlan, _ id: (PlannedConversation) -> Int64) -> PostgresParameters {
        let changed = plan.changed.sorted()
        var columns = Columns(capacity: changed.count)
        var (holders, previous) = (
            PostgresArray.int8(capacity: changed.count), PostgresArray.int8(capacity: changed.count)
        )
        var since = PostgresArray.timestamptz(capacity: changed.count)
        var acquired = PostgresArray.bool(capacity: changed.count)
        for identity in changed {
            let holding = plan.holding(of: identity)
            columns.append(identity)
            holders.append(holding.holder.map(id))
            since.append(microseconds: holding.since)
            previous.append(holding.previous.map(id))
            acquired.append(holding.isAcquired)
        }
        return [
            .array(columns.tenants), .array(columns.kinds), .array(columns.values), .array(holders), .array(since),
            .array(previous), .array(acquired),
        ]
    }

    /// Calls for ``NumberSettlement``.
    private static func contest(
        _ plan: IdentityPlan, _ id: (PlannedConversation) -> Int64, in session: PostgresSession
    ) throws(PostgresError) {
        guard !plan.contested.isEmpty else { return }
        var (tenants, values, ids) = (PostgresArray.int8(), PostgresArray.text(), PostgresArray.int8())
        for (identity, places) in plan.contested.sorted(by: { $0.key < $1.key }) {
            // One row without a conversation, too.
            for place in [nil] + Set(places.map(id)).sorted().map(Optional.some) {
                tenants.append(identity.tenant)
                values.append(identity.value)
                ids.append(place)
            }
        }
        _ = try session.execute(contest, [.array(tenants), .array(values), .array(ids)])
    }

    private struct Columns {
        var tenants: PostgresArray
        var kinds: PostgresArray
        var values: PostgresArray

        init(capacity: Int) {
            tenants = .int8(capacity: capacity)
            kinds = .text(capacity: capacity)
            values = .text(capacity: capacity)
        }

        mutating func append(_ identity: Identity) {
            tenants.append(identity.tenant)
            kinds.append(identity.kind.rawValue)
            values.append(identity.value)
        }
    }
}
