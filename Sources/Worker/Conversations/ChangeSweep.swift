public import Postgres

/// Applies changes that came before the message that they name, or at the same moment by another worker.
///
/// Looking here instead of at each message that comes keeps the cost off those that nobody changes.
public struct ChangeSweep: Sendable {
    private static let newest: PostgresStatement = """
        select c.tenant_id, c.target_wamid, null from (
            select tenant_id, target_wamid from whatsapp_messages
            where target_wamid is not null and applied_at is null
            order by id desc limit $1) c
        where exists (select from whatsapp_messages m where m.tenant_id = c.tenant_id and m.wamid = c.target_wamid)
        """
    private static let next: PostgresStatement = """
        with page as (
            select id, tenant_id, target_wamid from whatsapp_messages
            where target_wamid is not null and applied_at is null and id > $2
            order by id limit $1)
        select c.tenant_id, c.target_wamid, c.id from page c
        where exists (select from whatsapp_messages m where m.tenant_id = c.tenant_id and m.wamid = c.target_wamid)
        union all
        select null, null, max(id) from page
        """

    /// How far the older ones have been looked through. Changes whose message never comes are passed by again and again,
    /// so each step looks at no more than a page of them.
    private var position = ""

    public init() {}

    /// Looks at the newest changes that wait, and at a page of the older ones.
    /// - Returns: how many messages were changed.
    public mutating func step(limit: Int = 500, in session: PostgresSession) throws(PostgresError) -> Int {
        var targets: Set<MessageChanges.Target> = []
        for row in try session.execute(Self.newest, [.int8(Int64(limit))]) {
            targets.insert(MessageChanges.Target(tenant: try row.int64(0), wamid: try row.string(1)))
        }
        var last = ""
        for row in try session.execute(Self.next, [.int8(Int64(limit)), .text(position)]) {
            if try row.isNull(0) {
                last = try row.optionalString(2) ?? ""
            } else {
                targets.insert(MessageChanges.Target(tenant: try row.int64(0), wamid: try row.string(1)))
            }
        }
        position = last
        try MessageChanges.apply(to: targets, in: session)
        return targets.count
    }
}
