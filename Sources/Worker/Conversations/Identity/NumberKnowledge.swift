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

    private static let changed: PostgresStatement = """
        select m.id, m.sent_at, coalesce(m.wamid, m.id), coalesce(m.named_by, m.with_number), m.changed_to,
            case when m.named_by is null then coalesce(c.merged_into, c.id) end
        from (
            select id from whatsapp_messages
            where tenant_id = $1 and changed_to is not null and coalesce(named_by, with_number) = any ($2)
            union
            select id from whatsapp_messages
            where tenant_id = $1 and changed_to is not null and changed_to = any ($2)) as n
        join whatsapp_messages m on m.id = n.id
        join whatsapp_conversations c on c.id = m.conversation_id
        """
    private static let held: PostgresStatement = """
        select i.value, coalesce(c.merged_into, c.id), i.conversation_id = c.id, exists (
            select from whatsapp_identities u
            where u.conversation_id = coalesce(c.merged_into, c.id) and u.kind = 'user_id')
        from whatsapp_identities i
        cross join lateral unnest(i.seen_in || i.conversation_id || i.previous_id) as s (id)
        join whatsapp_conversations c on c.id = s.id
        where i.tenant_id = $1 and i.kind = 'phone' and i.value = any ($2)
        """
    private static let hold: PostgresStatement = """
        select count(*) from (
            select id from whatsapp_conversations where id = any ($1) order by id for no key update) as held
        """
    /// Of sightings of the same person behind one another, between two changes of the number, the first.
    private static let seen: PostgresStatement = """
        select with_number, sent_at, name, conversation_id from (
            select s.*, lag(conversation_id) over (partition by with_number, piece order by sent_at, name) as before
            from (
                select m.with_number, m.sent_at, coalesce(m.wamid, m.id) as name, m.conversation_id, (
                    select count(*) from unnest($3::text[], $4::timestamptz[]) as c (number, at)
                    where c.number = m.with_number and c.at <= m.sent_at) as piece
                from whatsapp_messages m where m.conversation_id = any ($1) and m.with_number = any ($2)) as s) as s
        where before is distinct from conversation_id
        """
    private static let facts: PostgresStatement = """
        select f.number, f.at, f.is_change, coalesce(c.merged_into, c.id)
        from whatsapp_number_facts f left join whatsapp_conversations c on c.id = f.conversation_id
        where f.tenant_id = $1 and f.number = any ($2)
        """

    /// Locks the conversations' rows until the end of the transaction: who writes messages to one of them is through, or
    /// comes later.
    init(tenant: Int64, number: String, in session: PostgresSession) throws(PostgresError) {
        numbers = [number]
        try readChanges(tenant, in: session)
        let names: PostgresValue = .array(.text(of: numbers.sorted()))
        var found: Set<Int64> = []
        for row in try session.execute(Self.held, [.int8(tenant), names]) {
            let id = try row.int64(1)
            found.insert(id)
            if try row.optionalBool(2) ?? false { holders[try row.string(0)] = id }
            if try row.bool(3) { withUserID.insert(id) }
        }
        conversations = found.sorted()
        _ = try session.execute(Self.hold, [.array(.int8(of: conversations))])
        for row in try session.execute(Self.facts, [.int8(tenant), names]) { try add(row) }
        let (places, times) = cuts
        let parameters: PostgresParameters = [.array(.int8(of: conversations)), names, .array(places), .array(times)]
        for row in try session.execute(Self.seen, parameters) {
            sightings[try row.string(0), default: []].append(
                NumberTimeline.Sighting(
                    at: try row.microseconds(1), order: try row.string(2), person: try row.int64(3)))
        }
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
    private mutating func readChanges(_ tenant: Int64, in session: PostgresSession) throws(PostgresError) {
        var count = 0
        while count < numbers.count {
            count = numbers.count
            changes = []
            for row in try session.execute(Self.changed, [.int8(tenant), .array(.text(of: numbers.sorted()))]) {
                let change = NumberTimeline.Change(
                    at: try row.microseconds(1), order: try row.string(2), from: try row.optionalString(3),
                    to: try row.string(4), person: try row.optionalInt64(5))
                changes.append(change)
                numbers.insert(change.to)
                if let from = change.from { numbers.insert(from) }
            }
        }
    }

    /// A fact without a name comes before what has one.
    private mutating func add(_ row: PostgresRow) throws(PostgresError) {
        let (number, time) = (try row.string(0), try row.microseconds(1))
        let person = try row.optionalInt64(3)
        if try row.bool(2) {
            changes.append(NumberTimeline.Change(at: time, order: "", from: nil, to: number, person: person))
        } else if let person {
            sightings[number, default: []].append(NumberTimeline.Sighting(at: time, order: "", person: person))
        }
    }
}
