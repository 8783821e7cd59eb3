internal import Postgres

/// Everything that is known of some numbers of a tenant which people changed for one another. Read under the tenant's
/// lock; conversations are those in which merged ones live on.
struct NumberKnowledge {
    /// The numbers, each by a change or more tied to another.
    private(set) var numbers: Set<String>
    /// The conversations that may hold messages from them, in order.
    private(set) var conversations: [Int64] = []
    /// Those of them whose customer has an id.
    private(set) var withUserID: Set<Int64> = []
    /// Who holds each number.
    private(set) var holders: [String: Int64] = [:]
    private(set) var sightings: [String: [NumberTimeline.Sighting]] = [:]
    private(set) var changes: [NumberTimeline.Change] = []
    private let tenant: Int64
    /// Everybody who was seen with one of them, or changed it.
    private var people: Set<Int64> = []
    /// The sightings that messages told.
    private var told: [(number: String, sighting: NumberTimeline.Sighting)] = []

    private static let facts: PostgresStatement = """
        select f.number, f.is_change, f.at, f.told_by, f.changed_from, coalesce(c.merged_into, c.id)
        from whatsapp_number_facts f left join whatsapp_conversations c on c.id = f.conversation_id
        where f.tenant_id = $1 and (f.number = any ($2) or f.changed_from = any ($2))
        """
    private static let held: PostgresStatement = """
        select i.value, coalesce(c.merged_into, c.id), i.conversation_id = c.id, exists (
            select from whatsapp_identities u
            where u.conversation_id = coalesce(c.merged_into, c.id) and u.kind = 'user_id')
        from whatsapp_identities i
        cross join lateral unnest(i.seen_in || i.conversation_id || i.previous_id || $3::bigint[]) as s (id)
        join whatsapp_conversations c on c.id = s.id
        where i.tenant_id = $1 and i.kind = 'phone' and i.value = any ($2)
        """
    /// Of sightings of the same person behind one another, between two changes of the number, the first: nobody else was seen
    /// in between, neither in a message nor by what is kept.
    private static let seen: PostgresStatement = """
        select number, at, name, person, is_told from (
            select s.*, lag(person) over (partition by number, piece order by at, name, person) as before
            from (
                select k.*, (
                    select count(*) from unnest($3::text[], $4::timestamptz[]) as c (number, at)
                    where c.number = k.number and c.at <= k.at) as piece
                from (
                    select m.with_number as number, m.sent_at as at, coalesce(m.wamid, m.id) as name,
                        m.conversation_id as person, true as is_told
                    from whatsapp_messages m where m.conversation_id = any ($1) and m.with_number = any ($2)
                    union all
                    select f.number, f.at, f.told_by, coalesce(c.merged_into, c.id), false
                    from whatsapp_number_facts f join whatsapp_conversations c on c.id = f.conversation_id
                    where f.tenant_id = $5 and f.number = any ($2) and not f.is_change) as k) as s) as s
        where before is distinct from person
        """

    /// Locks the conversations' rows until the end of the transaction: who writes messages to one of them is through, or
    /// comes later.
    init(tenant: Int64, number: String, in session: PostgresSession) throws(PostgresError) {
        self.tenant = tenant
        numbers = [number]
        try NumberFacts.adopt([Identity(tenant: tenant, kind: .phone, value: number)], in: session)
        try readFacts(in: session)
        let names: PostgresValue = .array(.text(of: numbers.sorted()))
        var found: Set<Int64> = []
        for row in try session.execute(Self.held, [.int8(tenant), names, .array(.int8(of: people.sorted()))]) {
            let id = try row.int64(1)
            found.insert(id)
            if try row.optionalBool(2) ?? false { holders[try row.string(0)] = id }
            if try row.bool(3) { withUserID.insert(id) }
        }
        conversations = found.sorted()
        try ConversationMerge.hold(found, in: session)
        let (places, times) = cuts
        let parameters: PostgresParameters = [
            .array(.int8(of: conversations)), names, .array(places), .array(times), .int8(tenant),
        ]
        for row in try session.execute(Self.seen, parameters) {
            let number = try row.string(0)
            let sighting = NumberTimeline.Sighting(
                at: try row.microseconds(1), order: try row.string(2), person: try row.int64(3))
            sightings[number, default: []].append(sighting)
            if try row.bool(4) { told.append((number, sighting)) }
        }
    }

    /// Keeps what messages told: they are removed some day, and other messages stay that depend on it.
    func keep(in session: PostgresSession) throws(PostgresError) {
        try NumberFacts.insert(
            told.map { number, sighting in
                NumberFact(
                    tenant: tenant, number: number, at: sighting.at, toldBy: sighting.order, person: sighting.person)
            }, in: session)
    }

    /// Where numbers were given up or got.
    private var cuts: (numbers: PostgresArray, times: PostgresArray) {
        var (places, times) = (PostgresArray.text(), PostgresArray.timestamptz())
        for change in changes {
            if let from = change.from {
                places.append(from)
                times.append(microseconds: change.at + 1)
            }
            places.append(change.to)
            times.append(microseconds: change.at)
        }
        return (places, times)
    }

    /// Until no change leads to another number.
    private mutating func readFacts(in session: PostgresSession) throws(PostgresError) {
        var count = 0
        while count < numbers.count {
            count = numbers.count
            changes = []
            for row in try session.execute(Self.facts, [.int8(tenant), .array(.text(of: numbers.sorted()))]) {
                let (number, person) = (try row.string(0), try row.optionalInt64(5))
                if let person { people.insert(person) }
                guard try row.bool(1) else { continue }
                let change = NumberTimeline.Change(
                    at: try row.microseconds(2), order: try row.string(3), from: try row.optionalString(4), to: number,
                    person: person)
                changes.append(change)
                numbers.insert(number)
                if let from = change.from { numbers.insert(from) }
            }
        }
    }
}
