public import Postgres
public import WhatsAppPayload

/// What the database holds of a customer beside their conversations: raw items, changes of unrouted numbers, requests,
/// and statuses whose message never came. What is other people's stays where it is.
///
/// Rows of which nothing is left stay as empty ones with the hash of what they were: so a repetition is known.
public struct CustomerTraces: Sendable {
    /// In the order in which they are to be gone through: what moves meanwhile moves from the earlier to the later.
    public enum Place: Sendable, CaseIterable {
        case outbox, unrouted, events, unownedEvents, statuses
    }

    private static let window: Int64 = 10_000

    private let tenant: Int64
    private let person: CustomerErasure.Person
    private let redaction: CustomerRedaction

    public init(tenant: Int64, person: CustomerErasure.Person, redaction: CustomerRedaction) {
        self.tenant = tenant
        self.person = person
        self.redaction = redaction
    }

    /// One step; nil when it was the last.
    /// - Parameter position: behind which row to begin: 0 at first, then what the step before returned.
    public func step(
        _ place: Place, after position: Int64, _ outcome: inout ErasureOutcome, in session: PostgresSession
    ) throws(PostgresError) -> Int64? {
        switch place {
        case .outbox: return try outbox(after: position, &outcome, in: session)
        case .unrouted: return try unrouted(after: position, &outcome, in: session)
        case .events: return try events(isOwn: true, after: position, &outcome, in: session)
        case .unownedEvents:
            guard redaction.scope.takesUnclaimed else { return nil }
            return try events(isOwn: false, after: position, &outcome, in: session)
        case .statuses: return try statuses(after: position, &outcome, in: session)
        }
    }

    // MARK: - Requests and statuses

    private static let lastRequest: PostgresStatement =
        "select max(id) from (select id from whatsapp_outbox where id > $1 order by id limit $2) p"
    /// Those to the customer, and those that do not say to whom.
    private static let requests: PostgresStatement = """
        delete from whatsapp_outbox o where o.id > $2 and o.id <= $3 and o.tenant_id = $1 and (
            regexp_replace(o.request ->> 'to', '[^0-9]', '', 'g') = any($4) or o.request ->> 'recipient' = any($4)
            or o.request ->> 'conversation_id' = any($5)
            or (coalesce(o.request ->> 'to', o.request ->> 'recipient', o.request ->> 'conversation_id') is null
                and exists (select from unnest($4) as n (name) where position(n.name in o.request::text) > 0)))
        """
    private static let lastStatus: PostgresStatement =
        "select max(id) from (select id from whatsapp_message_statuses where id > $1 order by id limit $2) p"
    private static let orphans: PostgresStatement = """
        delete from whatsapp_message_statuses s where s.id > $2 and s.id <= $3 and s.tenant_id = $1
            and (s.recipient_wa_id = any($4) or s.recipient_user_id = any($4) or s.participant = any($4))
        returning s.wamid, case when s.participant = any($4) then s.participant end
        """

    private var names: [String] { person.identities.filter { $0.utf8.count >= 6 }.sorted() }

    private func outbox(
        after position: Int64, _ outcome: inout ErasureOutcome, in session: PostgresSession
    ) throws(PostgresError) -> Int64? {
        guard let end = try last(Self.lastRequest, after: position, in: session) else { return nil }
        outcome.outbox +=
            try session.execute(
                Self.requests,
                [
                    .int8(tenant), .int8(position), .int8(end), .array(.text(of: names)),
                    .array(.text(of: person.conversations.map(String.init))),
                ]
            ).rowsAffected
        return end
    }

    private func statuses(
        after position: Int64, _ outcome: inout ErasureOutcome, in session: PostgresSession
    ) throws(PostgresError) -> Int64? {
        guard let end = try last(Self.lastStatus, after: position, in: session) else { return nil }
        var erased: Set<String> = []
        let rows = try session.execute(
            Self.orphans, [.int8(tenant), .int8(position), .int8(end), .array(.text(of: names))])
        for row in rows {
            let wamid = try row.string(0)
            erased.insert(
                try row.optionalString(1).map { ErasedName.status(of: wamid, participant: $0) } ?? wamid)
            outcome.statuses += 1
        }
        try ErasedMessages.remember(erased, of: tenant, in: session)
        return end
    }

    private func last(
        _ statement: PostgresStatement, after position: Int64, in session: PostgresSession
    ) throws(PostgresError) -> Int64? {
        try session.execute(statement, [.int8(position), .int8(Self.window)]).only().optionalInt64(0)
    }

    // MARK: - Raw items

    private static let lastChange: PostgresStatement =
        "select max(id) from (select id from whatsapp_unrouted where id > $1 order by id limit $2) p"
    /// Locked: what is being moved to its tenant is seen there afterwards.
    private static let changes: PostgresStatement = """
        select u.id, u.change, u.phone_number_id, u.waba_id from whatsapp_unrouted u where u.id > $1 and u.id <= $2
            and exists (select from unnest($3::bytea[]) as n (name) where position(n.name in u.change) > 0)
        order by u.id limit $4 for update
        """
    private static let rewriteChanges: PostgresStatement = """
        update whatsapp_unrouted u set change = n.rest from unnest($1::bigint[], $2::bytea[]) as n (id, rest)
        where u.id = n.id
        """
    private static let lastOwnEvent: PostgresStatement = """
        select max(id) from (select id from whatsapp_events where tenant_id = $3 and id > $1 order by id limit $2) p
        """
    private static let lastUnownedEvent: PostgresStatement = """
        select max(id) from (select id from whatsapp_events where tenant_id is null and id > $1 order by id limit $2) p
        """
    private static let ownEvents: PostgresStatement = """
        select e.id, e.raw, e.phone_number_id, e.waba_id from whatsapp_events e
        where e.tenant_id = $5 and e.id > $1 and e.id <= $2
            and exists (select from unnest($3::bytea[]) as n (name) where position(n.name in e.raw) > 0)
        order by e.id limit $4 for update
        """
    private static let unownedEvents: PostgresStatement = """
        select e.id, e.raw, e.phone_number_id, e.waba_id from whatsapp_events e
        where e.tenant_id is null and e.id > $1 and e.id <= $2
            and exists (select from unnest($3::bytea[]) as n (name) where position(n.name in e.raw) > 0)
        order by e.id limit $4 for update
        """
    private static let rewriteEvents: PostgresStatement = """
        update whatsapp_events e set raw = n.rest from unnest($1::bigint[], $2::bytea[]) as n (id, rest)
        where e.id = n.id
        """
    /// What tells of calls is remembered: repeated it would open a conversation.
    private static let rememberCalls: PostgresStatement = """
        insert into whatsapp_erased (tenant_id, hash) select distinct $1::bigint, content_hash from whatsapp_events
        where id = any($2) and field = 'calls' order by content_hash on conflict do nothing
        """
    /// Rows in hand at once: each may have megabytes.
    private static let inHand: Int64 = 20

    private func unrouted(
        after position: Int64, _ outcome: inout ErasureOutcome, in session: PostgresSession
    ) throws(PostgresError) -> Int64? {
        guard let end = try last(Self.lastChange, after: position, in: session) else { return nil }
        let rows = try session.execute(Self.changes, [.int8(position), .int8(end), bytes, .int8(Self.inHand)])
        outcome.unrouted += try rewrite(rows, Self.rewriteChanges, empty: [], in: session) {
            redaction.scope.covers(number: $0, account: $1)
        } redact: {
            redaction.change($0)
        }.count
        return try next(rows, end)
    }

    private func events(
        isOwn: Bool, after position: Int64, _ outcome: inout ErasureOutcome, in session: PostgresSession
    ) throws(PostgresError) -> Int64? {
        var bounds: PostgresParameters = [.int8(position), .int8(Self.window)]
        if isOwn { bounds.append(tenant) }
        let end = try session.execute(isOwn ? Self.lastOwnEvent : Self.lastUnownedEvent, bounds)
            .only().optionalInt64(0)
        guard let end else { return nil }
        var window: PostgresParameters = [.int8(position), .int8(end), bytes, .int8(Self.inHand)]
        if isOwn { window.append(tenant) }
        let rows = try session.execute(isOwn ? Self.ownEvents : Self.unownedEvents, window)
        let changed = try rewrite(rows, Self.rewriteEvents, empty: Array("null".utf8), in: session) {
            isOwn || redaction.scope.covers(number: $0, account: $1)
        } redact: {
            redaction.item($0)
        }
        if !changed.isEmpty {
            _ = try session.execute(Self.rememberCalls, [.int8(tenant), .array(.int8(of: changed))])
        }
        outcome.events += changed.count
        return try next(rows, end)
    }

    private var bytes: PostgresValue {
        var array = PostgresArray.bytea(capacity: names.count)
        for name in names { array.append(bytes: Array(name.utf8)) }
        return .array(array)
    }

    /// A window with more than can be in hand at once is gone on with behind the last of them.
    private func next(_ rows: PostgresRows, _ end: Int64) throws(PostgresError) -> Int64 {
        var (count, last): (Int64, Int64) = (0, end)
        for row in rows {
            count += 1
            last = try row.int64(0)
        }
        return count == Self.inHand ? last : end
    }

    /// Writes what is left of rows of id, bytes, number and account.
    /// - Returns: the ids of those that were changed.
    private func rewrite(
        _ rows: PostgresRows, _ statement: PostgresStatement, empty: [UInt8], in session: PostgresSession,
        covers: (String?, String?) -> Bool, redact: ([UInt8]) -> CustomerRedaction.Result
    ) throws(PostgresError) -> [Int64] {
        var rests = PostgresArray.bytea()
        var (ids, erased): ([Int64], Set<String>) = ([], [])
        for row in rows {
            guard covers(try row.optionalString(2), try row.optionalString(3)) else { continue }
            let result = redact(try row.bytes(1))
            erased.formUnion(result.names)
            switch result.outcome {
            case .untouched: continue
            case .removed: rests.append(bytes: empty)
            case .replaced(let rest): rests.append(bytes: rest)
            }
            ids.append(try row.int64(0))
        }
        guard !ids.isEmpty else { return [] }
        try ErasedMessages.remember(erased, of: tenant, in: session)
        _ = try session.execute(statement, [.array(.int8(of: ids)), .array(rests)])
        return ids
    }
}
