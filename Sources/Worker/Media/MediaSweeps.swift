internal import MediaFiles
internal import Postgres

/// What is looked for in the database, whatever was lost on the way. Each is safe to run twice at once.
enum MediaSweeps {
    private static let lock: PostgresStatement = "select pg_try_advisory_xact_lock(7005, $1)"
    private static let turns: PostgresStatement = """
        with recursive waiting as (
            (select tenant_id from whatsapp_media where state = 'pending' order by tenant_id limit 1)
            union all
            select (select m.tenant_id from whatsapp_media m
                where m.state = 'pending' and m.tenant_id > w.tenant_id order by m.tenant_id limit 1)
            from waiting w where w.tenant_id is not null
        ), due as (
            select d.message_id from waiting w
            join whatsapp_configs c on c.tenant_id = w.tenant_id and c.status <> 'paused'
            join tenants t on t.id = w.tenant_id and t.disabled_at is null
            cross join lateral (
                select m.message_id from whatsapp_media m
                where m.state = 'pending' and m.tenant_id = w.tenant_id and m.due_at <= now()
                    and (m.turn_at is null or m.turn_at < now() - interval '2 minutes')
                    and (m.busy_until is null or m.busy_until < now())
                order by m.due_at limit $1 for update skip locked) d
        )
        update whatsapp_media m set turn_at = now() from due where m.message_id = due.message_id
        returning m.tenant_id, m.message_id
        """
    private static let takeBack: PostgresStatement = """
        update whatsapp_media set turn_at = null where message_id = any($1) and state = 'pending' and job_id is null
        """
    /// Nobody has fetched it in time: the number was paused, or there was none.
    private static let expire: PostgresStatement = """
        update whatsapp_media set state = 'failed', reason_code = $1, reason = $2, ended_at = now(), job_id = null
        where message_id in (
            select message_id from whatsapp_media
            where state = 'pending' and expires_at < now() and (busy_until is null or busy_until < now())
            limit 500 for update skip locked)
        """
    /// Messages of the last days that an older Worker has stored beside this one.
    private static let adopt: PostgresStatement = """
        insert into whatsapp_media (message_id, tenant_id, phone_number_id, media_id, expires_at)
        select g.id, g.tenant_id, c.phone_number_id, g.media_id, least(g.sent_at, now()) + interval '7 days'
        from whatsapp_messages g join whatsapp_configs c on c.tenant_id = g.tenant_id
        where g.media_id is not null and g.id > $1
            and not exists (select from whatsapp_media m where m.message_id = g.id)
        order by g.id limit 500
        on conflict do nothing
        """
    private static let removals: PostgresStatement = """
        select tenant_id, message_id, removed_at is not null from whatsapp_media_removals
        where removed_at is null or removed_at < now() - interval '1 hour' order by created_at limit 200
        """
    private static let removedOnce: PostgresStatement = """
        update whatsapp_media_removals set removed_at = now() where message_id = any($1) and removed_at is null
        """
    private static let removedForGood: PostgresStatement = """
        delete from whatsapp_media_removals where message_id = any($1) and removed_at < now() - interval '1 hour'
        """
    private static let figures: PostgresStatement = """
        select count(*), coalesce(extract(epoch from now() - min(created_at)), 0)::float8,
            (select count(*) from whatsapp_media_removals where removed_at is null)
        from whatsapp_media where state = 'pending'
        """

    /// Gives turns to files that are due and have none.
    /// - Parameter perTenant: at once, so that one tenant's many files do not hold up another's.
    static func turns(perTenant: Int64, in session: PostgresSession) throws(PostgresError) -> [MediaTurn] {
        guard try session.execute(lock, [.int4(1)]).only().bool(0) else { return [] }
        var found: [MediaTurn] = []
        for row in try session.execute(turns, [.int8(perTenant)]) {
            guard let name = MediaName(tenant: try row.int64(0), message: try row.string(1)) else { continue }
            found.append(MediaTurn(name: name))
        }
        return found
    }

    /// Redis did not take them.
    static func takeBack(_ turns: [MediaTurn], in session: PostgresSession) throws(PostgresError) {
        _ = try session.execute(takeBack, [ids(of: turns.map(\.name))])
    }

    /// - Returns: how many were given up.
    static func expire(in session: PostgresSession) throws(PostgresError) -> Int {
        let reason = MediaReason.expired
        return try session.execute(expire, [.text(reason.code.rawValue), .text(reason.text)]).rowsAffected
    }

    /// - Parameter after: the id before which messages are too old to be looked at.
    static func adopt(after: String, in session: PostgresSession) throws(PostgresError) -> Int {
        guard try session.execute(lock, [.int4(2)]).only().bool(0) else { return 0 }
        return try session.execute(adopt, [.text(after)]).rowsAffected
    }

    /// Files that have to go now.
    static func removals(in session: PostgresSession) throws(PostgresError) -> [(name: MediaName, again: Bool)] {
        var found: [(MediaName, Bool)] = []
        for row in try session.execute(removals, []) {
            guard let name = MediaName(tenant: try row.int64(0), message: try row.string(1)) else { continue }
            found.append((name, try row.bool(2)))
        }
        return found
    }

    /// These files have gone.
    static func removed(_ names: [MediaName], in session: PostgresSession) throws(PostgresError) {
        let ids = ids(of: names)
        _ = try session.execute(removedForGood, [ids])
        _ = try session.execute(removedOnce, [ids])
    }

    private static func ids(of names: [MediaName]) -> PostgresValue {
        var ids = PostgresArray.text(capacity: names.count, bytesPerElement: 26)
        for name in names { ids.append(name.message) }
        return .array(ids)
    }

    struct Figures: Sendable {
        let pending: Int64
        let oldestSeconds: Double
        let removals: Int64
    }

    static func figures(in session: PostgresSession) throws(PostgresError) -> Figures {
        let row = try session.execute(figures, []).only()
        return Figures(pending: try row.int64(0), oldestSeconds: try row.double(1), removals: try row.int64(2))
    }
}
