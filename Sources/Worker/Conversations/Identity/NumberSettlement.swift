internal import Postgres

/// Works out whose a contested number was, and when, with all numbers that people changed it for, and lets each message
/// that names its customer by such a number alone be with whoever had the number when it was sent.
///
/// From everything that is known, so that the order in which it was told makes no difference.
struct NumberSettlement {
    private static let first: PostgresStatement = """
        select s.ord, m.conversation_id
        from unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) with ordinality as s (number, since, until, ord)
        cross join lateral (
            select conversation_id, sent_at, coalesce(wamid, id) as name from whatsapp_messages
            where conversation_id = any ($1) and named_by = s.number and sent_at >= s.since and sent_at < s.until
            order by sent_at, name limit 1) m
        order by m.sent_at, m.name
        """
    private static let open: PostgresStatement =
        "insert into whatsapp_conversations (tenant_id) values ($1) returning id"
    private static let move: PostgresStatement = """
        with astray as (
            select m.id, m.conversation_id as origin, s.target, m.sent_at, m.direction
            from unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::bigint[])
                as s (number, since, until, target)
            join whatsapp_messages m on m.conversation_id = any ($1) and m.named_by = s.number
                and m.sent_at >= s.since and m.sent_at < s.until and m.conversation_id <> s.target
        ), moved as (
            update whatsapp_messages m set conversation_id = a.target from astray a where m.id = a.id
        )
        select origin, target, max(sent_at), max(sent_at) filter (where direction = 'inbound')
        from astray group by origin, target order by origin, count(*) desc, target
        """
    private static let write: PostgresStatement = """
        update whatsapp_identities i set conversation_id = n.holder, held_since = n.since, previous_id = n.previous,
            acquired = n.acquired,
            seen_in = array(select distinct id from unnest(i.seen_in || $7::bigint[]) as u (id) where id is not null)
        from unnest($2::text[], $3::bigint[], $4::timestamptz[], $5::bigint[], $6::bool[])
            as n (number, holder, since, previous, acquired)
        where i.tenant_id = $1 and i.kind = 'phone' and i.value = n.number
        """

    private let tenant: Int64
    private let knowledge: NumberKnowledge
    private let session: PostgresSession
    private let stretches: [(number: String, stretch: NumberTimeline.Stretch, until: Int64)]
    /// The conversation of each owner that has one.
    private var places: [NumberTimeline.Owner: Int64] = [:]

    /// Under the tenant's lock, held alone.
    /// - Returns: all numbers that were looked at.
    static func run(
        tenant: Int64, number: String, in session: PostgresSession
    ) throws(PostgresError) -> Set<String> {
        let knowledge = try NumberKnowledge(tenant: tenant, number: number, in: session)
        var settlement = NumberSettlement(tenant: tenant, knowledge: knowledge, session: session)
        try settlement.place()
        let moves = try settlement.move()
        try settlement.write()
        try ConversationSplit.follow(moves, in: session)
        try knowledge.keep(in: session)
        return knowledge.numbers
    }

    private init(tenant: Int64, knowledge: NumberKnowledge, session: PostgresSession) {
        (self.tenant, self.knowledge, self.session) = (tenant, knowledge, session)
        let timeline = NumberTimeline(sightings: knowledge.sightings, changes: knowledge.changes)
        stretches = knowledge.numbers.sorted().flatMap { number in
            let own = timeline.stretches(of: number)
            return own.indices.map { index in
                (number, own[index], index + 1 < own.count ? own[index + 1].since : .max)
            }
        }
    }

    /// Finds the conversation of whoever is known by a number alone: where the first of their messages is, unless that is
    /// somebody else's.
    private mutating func place() throws(PostgresError) {
        for (_, stretch, _) in stretches {
            if case .person(let id) = stretch.owner { places[stretch.owner] = id }
        }
        var taken = Set(places.values).union(knowledge.withUserID)
        var columns = StretchColumns()
        let unknown = stretches.filter { places[$0.stretch.owner] == nil }
        guard !unknown.isEmpty else { return }
        for (number, stretch, until) in unknown { columns.append(number, since: stretch.since, until: until) }
        let found = try session.execute(
            Self.first,
            [
                .array(.int8(of: knowledge.conversations)), .array(columns.numbers), .array(columns.since),
                .array(columns.until),
            ])
        for row in found {
            let (owner, id) = (unknown[Int(try row.int64(0)) - 1].stretch.owner, try row.int64(1))
            guard places[owner] == nil else { continue }
            let place =
                taken.contains(id) ? try session.execute(Self.open, [.int8(tenant)]).only().int64(0) : id
            places[owner] = place
            taken.insert(place)
        }
        // Of whom there is no message: they may have called, or have been written to.
        for (number, stretch, until) in unknown where until == .max && places[stretch.owner] == nil {
            if let holder = knowledge.holders[number], taken.insert(holder).inserted { places[stretch.owner] = holder }
        }
    }

    /// - Returns: from where to where messages went; of each origin, where most went comes first.
    private func move() throws(PostgresError) -> [ConversationSplit.Move] {
        var (columns, targets) = (StretchColumns(), PostgresArray.int8())
        for (number, stretch, until) in stretches {
            guard let place = places[stretch.owner] else { continue }
            columns.append(number, since: stretch.since, until: until)
            targets.append(place)
        }
        var moves: [ConversationSplit.Move] = []
        let rows = try session.execute(
            Self.move,
            [
                .array(.int8(of: knowledge.conversations)), .array(columns.numbers), .array(columns.since),
                .array(columns.until), .array(targets),
            ])
        for row in rows {
            moves.append(
                ConversationSplit.Move(
                    origin: try row.int64(0), target: try row.int64(1), last: try row.microseconds(2),
                    lastInbound: try row.optionalMicroseconds(3)))
        }
        return moves
    }

    private func write() throws(PostgresError) {
        var (numbers, holders) = (PostgresArray.text(), PostgresArray.int8())
        var (since, previous, acquired) = (PostgresArray.timestamptz(), PostgresArray.int8(), PostgresArray.bool())
        for (index, (number, stretch, until)) in stretches.enumerated() where until == .max {
            let before = index > 0 && stretches[index - 1].number == number ? stretches[index - 1] : nil
            let former = before.flatMap { places[$0.stretch.owner] }
            numbers.append(number)
            holders.append(places[stretch.owner])
            since.append(
                microseconds: before == nil ? knowledge.sightings[number]?.map(\.at).min() : stretch.since)
            previous.append(former)
            acquired.append(before != nil && former == nil)
        }
        _ = try session.execute(
            Self.write,
            [
                .int8(tenant), .array(numbers), .array(holders), .array(since), .array(previous), .array(acquired),
                .array(.int8(of: Set(places.values).sorted())),
            ])
    }
}

/// Stretches of numbers' times as columns of a statement. Both ends of time are times that the database knows.
private struct StretchColumns {
    private static let times: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_000_000

    var numbers = PostgresArray.text()
    var since = PostgresArray.timestamptz()
    var until = PostgresArray.timestamptz()

    mutating func append(_ number: String, since start: Int64, until end: Int64) {
        numbers.append(number)
        since.append(microseconds: max(start, Self.times.lowerBound))
        until.append(microseconds: min(end, Self.times.upperBound))
    }
}
