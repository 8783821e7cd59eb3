internal import Postgres
internal import WhatsAppPayload

/// Finds or opens the conversation of each message's or call's customer, and notes in it what the messages tell.
///
/// Known customers cost one look-up for the whole batch and no lock; new ones a lock on the tenant that those who open
/// conversations share. Only where an identity changes, or two workers open one person's conversation at once, does one
/// worker at a time decide.
enum ConversationResolver {
    private static let lookup: PostgresStatement = """
        select c.ord, p.conversation_id, p.held_since, p.seen_in is not null or p.previous_id is not null,
            u.conversation_id, p.value is null and u.value is null
        from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality as c (tenant_id, phone, user_id, ord)
        left join whatsapp_identities p on p.tenant_id = c.tenant_id and p.kind = 'phone' and p.value = c.phone
        left join whatsapp_identities u on u.tenant_id = c.tenant_id and u.kind = 'user_id' and u.value = c.user_id
        """

    /// What is known of a customer's names.
    private struct Known {
        let holder: Int64?
        let since: Int64?
        let isContested: Bool
        let person: Int64?
        /// Neither name was ever heard.
        let isNew: Bool

        /// Nil where it has to be decided.
        func conversation(_ key: CustomerKey, at time: Int64) -> Int64? {
            if key.phone == nil { return person }
            let isBefore = since.map { time < $0 } ?? false
            if isBefore && isContested { return nil }
            guard key.userID != nil else { return holder }
            // A sighting before the first one known moves that.
            return holder == person && !isBefore ? person : nil
        }
    }

    static func resolve(
        _ messages: inout [RoutedMessage], beside calls: [RoutedCall], in session: PostgresSession
    ) throws(PostgresError) {
        var changes: [IdentityChange] = []
        var sightings: [CustomerSighting] = []
        // Of each message, its sighting or its change.
        var places: [(index: Int, isChange: Bool)] = []
        places.reserveCapacity(messages.count)
        for row in messages {
            if let change = row.change {
                places.append((changes.count, true))
                changes.append(change)
                continue
            }
            places.append((sightings.count, false))
            sightings.append(CustomerSighting(key: row.key, time: row.sentAt))
        }
        let callers = sightings.count
        sightings += calls.map { row in
            let customer = row.call.customer
            return CustomerSighting(
                key: CustomerKey(tenant: row.tenant, phone: customer.waID, userID: customer.userID), time: row.startedAt
            )
        }
        let (seen, changed) = try findOrOpen(sightings, changes, in: session) {
            zip(messages, places).filter { !$0.1.isChange }.map { $0.0.message.wamid }
        }
        for (position, place) in places.enumerated() {
            messages[position].conversation = place.isChange ? changed[place.index] : seen[place.index]
        }
        try ConversationNotes.write(&messages, beside: zip(calls, seen[callers...]), in: session)
        try keep(sightings[callers...], seen[callers...], in: session)
    }

    /// Keeps with what numbers callers were seen: no message tells it.
    private static func keep(
        _ calls: ArraySlice<CustomerSighting>, _ conversations: ArraySlice<Int64>, in session: PostgresSession
    ) throws(PostgresError) {
        var facts: [NumberFact<Int64>] = []
        for (call, conversation) in zip(calls, conversations) {
            guard call.key.userID != nil, let phone = call.key.phone else { continue }
            facts.append(NumberFact(tenant: call.key.tenant, number: phone, at: call.time, person: conversation))
        }
        try NumberFacts.insert(facts, in: session)
    }

    /// The conversation of each customer, and of each person whose identity changes.
    /// - Parameter wamids: of the messages that tell the first sightings; asked for where somebody is new or changes.
    static func findOrOpen(
        _ sightings: [CustomerSighting], _ changes: [IdentityChange] = [], in session: PostgresSession,
        wamids: () -> [String] = { [] }
    ) throws(PostgresError) -> (seen: [Int64], changed: [Int64]) {
        var seen = [Int64](repeating: 0, count: sightings.count)
        var unsettled = Array(sightings.indices)
        // What a tenant's other messages tell is to be seen with the change, in the order in which it happened.
        let changing = Set(changes.map(\.old.tenant))
        func decision() -> IdentityDecision {
            IdentityDecision(unsettled.map { ($0, sightings[$0]) }, changes, toldBy: wamids())
        }
        // Whom another transaction made known meanwhile is mostly found by the second look.
        for _ in 1...2 {
            let known = try look(up: unsettled.lazy.map { sightings[$0] }, in: session)
            unsettled.removeAll { index in
                let (key, time) = (sightings[index].key, sightings[index].time)
                guard changing.isEmpty || !changing.contains(key.tenant),
                    let place = known[key]?.conversation(key, at: time)
                else { return false }
                seen[index] = place
                return true
            }
            if unsettled.isEmpty && changes.isEmpty { return (seen, []) }
            guard changes.isEmpty, unsettled.allSatisfy({ known[sightings[$0].key]?.isNew ?? false }) else { break }
            if try decision().open(&seen, in: session) { return (seen, []) }
        }
        let changed = try decision().decide(&seen, in: session)
        return (seen, changed)
    }

    /// Each customer is looked up once, however many messages of theirs there are.
    private static func look(
        up sightings: some Sequence<CustomerSighting>, in session: PostgresSession
    ) throws(PostgresError) -> [CustomerKey: Known] {
        var keys: [CustomerKey] = []
        var found: [CustomerKey: Known] = [:]
        for sighting in sightings
        where found.updateValue(
            Known(holder: nil, since: nil, isContested: false, person: nil, isNew: true), forKey: sighting.key) == nil
        { keys.append(sighting.key) }
        var tenants = PostgresArray.int8(capacity: keys.count)
        var (phones, users) = (PostgresArray.text(capacity: keys.count), PostgresArray.text(capacity: keys.count))
        for key in keys {
            tenants.append(key.tenant)
            phones.append(key.phone)
            users.append(key.userID)
        }
        for row in try session.execute(lookup, [.array(tenants), .array(phones), .array(users)]) {
            found[keys[Int(try row.int64(0)) - 1]] = Known(
                holder: try row.optionalInt64(1), since: try row.optionalMicroseconds(2),
                isContested: try row.bool(3), person: try row.optionalInt64(4), isNew: try row.bool(5))
        }
        return found
    }
}
