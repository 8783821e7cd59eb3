internal import Postgres
internal import WhatsAppPayload

/// Finds or opens the conversation of each message's or call's customer, and notes in it what the messages tell.
///
/// Known customers cost one look-up for the whole batch and no lock. Only where a customer or an identity is new, or
/// changes, does a lock on the tenant keep two workers from opening two conversations for one person.
enum ConversationResolver {
    /// A customer as they were named at a time, in microseconds since 1970.
    struct Sighting: Hashable {
        let key: CustomerKey
        var time: Int64
    }

    private static let lookup: PostgresStatement = """
        select c.ord, case
            when c.user_id is null then p.holder
            when c.phone is null then u.conversation_id
            when p.holder = u.conversation_id then p.holder
            end
        from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[])
            with ordinality as c (tenant_id, phone, user_id, at, ord)
        left join lateral (
            select case when c.at < i.held_since and i.previous_id is not null then i.previous_id
                else i.conversation_id end as holder
            from whatsapp_identities i
            where i.tenant_id = c.tenant_id and i.kind = 'phone' and i.value = c.phone) p on true
        left join whatsapp_identities u on u.tenant_id = c.tenant_id and u.kind = 'user_id' and u.value = c.user_id
        """

    static func resolve(
        _ messages: inout [RoutedMessage], beside calls: [RoutedCall], in session: PostgresSession
    ) throws(PostgresError) {
        var changes: [IdentityChange] = []
        // Of each message, its sighting or, past those, its change.
        var places: [CustomerKey: Int] = [:]
        var sightings: [Sighting] = []
        var indices: [(index: Int, isChange: Bool)] = []
        indices.reserveCapacity(messages.count)
        let hasChanges = messages.contains { $0.message.systemChange != nil }
        for row in messages {
            if hasChanges, let change = IdentityChange(row) {
                indices.append((changes.count, true))
                changes.append(change)
                continue
            }
            let key = CustomerKey(
                tenant: row.tenant, phone: row.message.customer.waID, userID: row.message.customer.userID)
            // Beside changes it matters when each message was sent; else the latest speaks for all.
            if !hasChanges, let index = places[key] {
                sightings[index].time = max(sightings[index].time, row.sentAt)
                indices.append((index, false))
                continue
            }
            places[key] = sightings.count
            indices.append((sightings.count, false))
            sightings.append(Sighting(key: key, time: row.sentAt))
        }
        let callers = sightings.count
        sightings += calls.map { row in
            let customer = row.call.customer
            return Sighting(
                key: CustomerKey(tenant: row.tenant, phone: customer.waID, userID: customer.userID), time: row.startedAt
            )
        }
        let (seen, changed) = try findOrOpen(sightings, changes, in: session)
        for (position, place) in indices.enumerated() {
            messages[position].conversation = place.isChange ? changed[place.index] : seen[place.index]
        }
        try ConversationNotes.write(&messages, beside: zip(calls, seen[callers...]), in: session)
    }

    /// The conversation of each customer, and of each person whose identity changes.
    static func findOrOpen(
        _ sightings: [Sighting], _ changes: [IdentityChange] = [], in session: PostgresSession
    ) throws(PostgresError) -> (seen: [Int64], changed: [Int64]) {
        var seen = [Int64](repeating: 0, count: sightings.count)
        var unsettled: [Int] = []
        if changes.isEmpty {
            for (index, known) in try look(up: sightings, in: session).enumerated() {
                if let known { seen[index] = known } else { unsettled.append(index) }
            }
            if unsettled.isEmpty { return (seen, []) }
        } else {
            unsettled = Array(sightings.indices)
        }
        var identities: Set<IdentityPlan.Identity> = []
        var tenants: Set<Int64> = []
        func note(_ key: CustomerKey) {
            tenants.insert(key.tenant)
            if let phone = key.phoneIdentity { identities.insert(phone) }
            if let user = key.userIdentity { identities.insert(user) }
        }
        for index in unsettled { note(sightings[index].key) }
        for change in changes {
            note(change.old)
            note(change.new)
        }
        try IdentityTable.lock(tenants, in: session)
        let known = try IdentityTable.load(identities, in: session)
        var plan = IdentityPlan(holdings: known.holdings, withUserID: known.withUserID)
        // In the order in which it happened.
        var steps = unsettled.map { (time: sightings[$0].time, index: $0, isChange: false) }
        steps += changes.indices.map { (time: changes[$0].time, index: $0, isChange: true) }
        steps.sort { ($0.time, $0.isChange ? 1 : 0, $0.index) < ($1.time, $1.isChange ? 1 : 0, $1.index) }
        var places: [IdentityPlan.Place] = []
        for step in steps {
            places.append(
                step.isChange
                    ? plan.apply(changes[step.index])
                    : plan.place(sightings[step.index].key, at: sightings[step.index].time))
        }
        var touched = Set(seen)
        for place in places { if case .existing(let id) = plan.root(place) { touched.insert(id) } }
        let id = try IdentityTable.write(plan, touched: touched, in: session)
        var changed = [Int64](repeating: 0, count: changes.count)
        for (step, place) in zip(steps, places) {
            if step.isChange { changed[step.index] = id(place) } else { seen[step.index] = id(place) }
        }
        // Whose conversation was merged by what another message of the batch told.
        for index in seen.indices { seen[index] = id(.existing(seen[index])) }
        return (seen, changed)
    }

    private static func look(
        up sightings: [Sighting], in session: PostgresSession
    ) throws(PostgresError) -> [Int64?] {
        let count = sightings.count
        var (tenants, times) = (PostgresArray.int8(capacity: count), PostgresArray.timestamptz(capacity: count))
        var (phones, users) = (PostgresArray.text(capacity: count), PostgresArray.text(capacity: count))
        for sighting in sightings {
            tenants.append(sighting.key.tenant)
            phones.append(sighting.key.phone)
            users.append(sighting.key.userID)
            times.append(microseconds: sighting.time)
        }
        var known = [Int64?](repeating: nil, count: count)
        for row in try session.execute(lookup, [.array(tenants), .array(phones), .array(users), .array(times)]) {
            known[Int(try row.int64(0)) - 1] = try row.optionalInt64(1)
        }
        return known
    }
}
