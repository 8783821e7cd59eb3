public import Postgres

/// Removes what is older than a tenant keeps it, in steps that are over in a moment and lock nothing that is written.
public struct Retention: Sendable {
    /// What one tenant keeps.
    public struct Rule: Sendable, Equatable {
        public let tenant: Int64
        public let days: Int32
    }

    /// How many rows were removed.
    public struct Removed: Sendable, Equatable {
        public internal(set) var messages = 0
        public internal(set) var events = 0
        public internal(set) var other = 0

        public init() {}
        public var isEmpty: Bool { messages + events + other == 0 }

        public static func += (left: inout Removed, right: Removed) {
            left.messages += right.messages
            left.events += right.events
            left.other += right.other
        }
    }

    private static let loadRules: PostgresStatement = """
        select id, coalesce(retention_days, $1) from tenants where coalesce(retention_days, $1) > 0 order by id
        """
    private static let turn: PostgresStatement = "select pg_try_advisory_xact_lock(7004, 0)"
    private static let oldMessages: PostgresStatement = """
        with page as (
            select id from whatsapp_conversations where tenant_id = $1 and id > $3 order by id limit 500),
        old as (
            select o.id, o.tenant_id, o.wamid from page c cross join lateral (
                select m.id, m.tenant_id, m.wamid from whatsapp_messages m
                where m.conversation_id = c.id and m.sent_at < now() - make_interval(days => $2)
                    and m.created_at < now() - make_interval(days => $2)
                    and m.status not in ('queued', 'sending', 'unknown') and not m.held
                order by m.sent_at limit $4) o
            limit $4),
        attempts as (delete from whatsapp_send_attempts a using old where a.message_id = old.id),
        statuses as (
            delete from whatsapp_message_statuses s using old
            where s.tenant_id = old.tenant_id and s.wamid = old.wamid),
        removed as (delete from whatsapp_messages m using old where m.id = old.id returning m.id)
        select (select count(*) from removed), (select max(id) from page)
        """
    private static let events: PostgresStatement = """
        delete from whatsapp_events where id in (
            select id from (select id, created_at from whatsapp_events where tenant_id = $1 order by id limit $3) e
            where created_at < now() - make_interval(days => $2))
        """
    private static let feed: PostgresStatement = """
        delete from whatsapp_feed where id in (
            select id from (
                select id, created_at from whatsapp_feed where tenant_id = $1 and last_position is not null
                order by last_position limit $3) f
            where created_at < now() - make_interval(days => $2))
        """
    /// Of a number that was one person's all the time it is known since when.
    private static let numberFacts: PostgresStatement = """
        delete from whatsapp_number_facts where ctid = any (array(
            select f.ctid from whatsapp_number_facts f
            join whatsapp_identities i on i.tenant_id = f.tenant_id and i.kind = 'phone' and i.value = f.number
            where f.tenant_id = $1 and f.at < now() - make_interval(days => $2) and not f.is_change
                and i.seen_in is null and i.previous_id is null
            limit $3))
        """
    private static let outbox: PostgresStatement = """
        delete from whatsapp_outbox where id in (
            select id from whatsapp_outbox
            where tenant_id = $1 and done_at < now() - make_interval(days => $2) limit $3)
        """
    /// Statuses whose message never came.
    private static let statuses: PostgresStatement = """
        with page as (
            select id, tenant_id, created_at from whatsapp_message_statuses where id > $3 order by id limit $4),
        removed as (
            delete from whatsapp_message_statuses s using page p
            where s.id = p.id and p.tenant_id = $1 and p.created_at < now() - make_interval(days => $2)
            returning s.id)
        select (select count(*) from removed),
            (select max(id) from page where created_at < now() - make_interval(days => $2))
        """
    private static let unrouted: PostgresStatement = """
        delete from whatsapp_unrouted where id in (
            select id from (select id, created_at from whatsapp_unrouted order by id limit $2) u
            where created_at < now() - make_interval(days => $1))
        """
    private static let unownedEvents: PostgresStatement = """
        delete from whatsapp_events where id in (
            select id from (select id, created_at from whatsapp_events where tenant_id is null order by id limit $2) e
            where created_at < now() - make_interval(days => $1))
        """
    /// What has not been seen to leave Redis stays.
    private static let archive: PostgresStatement = """
        delete from archived_jobs where id in (
            select id from (select id, archived_at, removed_at from archived_jobs order by archived_at limit $2) j
            where archived_at < now() - make_interval(days => $1) and removed_at is not null)
        """
    private static let audit: PostgresStatement = """
        insert into audit_log (actor, action, tenant_id, detail, origin)
        values ('worker', 'retention', $1, jsonb_build_object('days', $2::integer, 'messages', $3::bigint,
            'events', $4::bigint, 'other', $5::bigint), 'rule')
        """

    /// Rows in one step.
    let step: Int64

    public init(step: Int64 = 1_000) {
        self.step = step
    }

    /// - Parameter days: what holds where a tenant has no number of its own; nil for ever.
    public static func rules(days: Int32?, in session: PostgresSession) throws(PostgresError) -> [Rule] {
        var rules: [Rule] = []
        for row in try session.execute(loadRules, [.int4(days)]) {
            rules.append(Rule(tenant: try row.int64(0), days: try row.int32(1)))
        }
        return rules
    }

    /// How far a tenant has been gone through.
    public struct Progress: Sendable, Equatable {
        enum Phase { case messages, statuses, rest, done }

        var phase = Phase.messages
        var position: Int64 = 0

        public init() {}
        public var isDone: Bool { phase == .done }
    }

    /// One step. Does nothing, and ends the run, while another worker is at it.
    public func advance(
        _ progress: inout Progress, _ rule: Rule, in session: PostgresSession
    ) throws(PostgresError) -> Removed {
        var removed = Removed()
        guard try session.execute(Self.turn).only().bool(0) else {
            progress.phase = .done
            return removed
        }
        let (tenant, days): (PostgresValue, PostgresValue) = (.int8(rule.tenant), .int4(rule.days))
        switch progress.phase {
        case .messages:
            let row = try session.execute(
                Self.oldMessages, [tenant, days, .int8(progress.position), .int8(step)]
            ).only()
            removed.messages = Int(try row.int64(0))
            guard let last = try row.optionalInt64(1) else {
                progress = Progress(phase: .statuses)
                break
            }
            // A page that was not emptied is looked at again.
            if removed.messages < step { progress.position = last }
        case .statuses:
            let row = try session.execute(
                Self.statuses, [tenant, days, .int8(progress.position), .int8(step)]
            ).only()
            removed.other = Int(try row.int64(0))
            guard let last = try row.optionalInt64(1) else {
                progress = Progress(phase: .rest)
                break
            }
            progress.position = last
        case .rest:
            removed.events = try session.execute(Self.events, [tenant, days, .int8(step)]).rowsAffected
            removed.other = try session.execute(Self.feed, [tenant, days, .int8(step)]).rowsAffected
            removed.other += try session.execute(Self.outbox, [tenant, days, .int8(step)]).rowsAffected
            removed.other += try session.execute(Self.numberFacts, [tenant, days, .int8(step)]).rowsAffected
            if removed.isEmpty { progress.phase = .done }
        case .done:
            break
        }
        return removed
    }

    /// One step through what belongs to no tenant.
    public func removeUnowned(days: Int32, in session: PostgresSession) throws(PostgresError) -> Int {
        var removed = 0
        for statement in [Self.unrouted, Self.unownedEvents, Self.archive] {
            removed += try session.execute(statement, [.int4(days), .int8(step)]).rowsAffected
        }
        return removed
    }

    /// Writes what a run removed to the audit log.
    public static func note(
        _ removed: Removed, _ rule: Rule, in session: PostgresSession
    ) throws(PostgresError) {
        guard !removed.isEmpty else { return }
        _ = try session.execute(
            audit,
            [
                .int8(rule.tenant), .int4(rule.days), .int8(Int64(removed.messages)), .int8(Int64(removed.events)),
                .int8(Int64(removed.other)),
            ])
    }
}

extension Retention.Progress {
    fileprivate init(phase: Phase) { self.phase = phase }
}
