internal import ConsolePages
internal import Postgres

/// What operators see of tenants' numbers, and of numbers that no tenant has.
enum UnroutedReader {
    struct Counts: Sendable {
        var numbers = 0
        var items = 0
        var tenants = 0
        /// By phone number id.
        var tenantNames: [String: String] = [:]
    }

    /// Items beyond this are not counted: a table that grew large shall not slow the pages that say so.
    static let mostCounted = 10_000

    /// From number to number by the index, never through the whole table.
    private static let list = PostgresStatement(
        """
        with recursive numbers (number) as (
            (select phone_number_id from whatsapp_unrouted where phone_number_id > $1 order by phone_number_id limit 1)
            union all
            select (select u.phone_number_id from whatsapp_unrouted u where u.phone_number_id > n.number
                order by u.phone_number_id limit 1)
            from numbers n where n.number is not null
        )
        select n.number, last.waba_id, counted.items, first.received_at, last.received_at
        from (select number from numbers where number is not null limit $2) n
        cross join lateral (select waba_id, received_at from whatsapp_unrouted u
            where u.phone_number_id = n.number order by id desc limit 1) last
        cross join lateral (select received_at from whatsapp_unrouted u
            where u.phone_number_id = n.number order by id limit 1) first
        cross join lateral (select count(*) as items from (select from whatsapp_unrouted u
            where u.phone_number_id = n.number limit \(mostCounted + 1)) i) counted
        order by n.number
        """)
    private static let count = PostgresStatement(
        """
        with recursive numbers (number) as (
            (select phone_number_id from whatsapp_unrouted order by phone_number_id limit 1)
            union all
            select (select u.phone_number_id from whatsapp_unrouted u where u.phone_number_id > n.number
                order by u.phone_number_id limit 1)
            from numbers n where n.number is not null
        )
        select (select count(*) from (select from numbers where number is not null limit \(mostCounted + 1)) n),
            (select count(*) from (select from whatsapp_unrouted limit \(mostCounted + 1)) i),
            (select count(*) from tenants)
        """)
    private static let names: PostgresStatement = """
        select c.phone_number_id, t.name from whatsapp_configs c join tenants t on t.id = c.tenant_id limit 10000
        """

    /// By number.
    /// - Parameter number: the last of the page before; empty: from the first on.
    static func list(
        after number: String, limit: Int, in session: PostgresSession
    ) throws(PostgresError) -> [UnroutedRow] {
        var rows: [UnroutedRow] = []
        for row in try session.execute(list, [.text(number.filter { $0 != "\0" }), .int8(Int64(limit))]) {
            rows.append(
                UnroutedRow(
                    phoneNumberID: try row.string(0), wabaID: try row.optionalString(1), items: Int(try row.int64(2)),
                    firstAt: PageTime(microseconds: try row.microseconds(3)),
                    lastAt: PageTime(microseconds: try row.microseconds(4))))
        }
        return rows
    }

    static func counts(in session: PostgresSession) throws(PostgresError) -> Counts {
        var counts = Counts()
        let row = try session.execute(count).only()
        counts.numbers = Int(try row.int64(0))
        counts.items = Int(try row.int64(1))
        counts.tenants = Int(try row.int64(2))
        counts.tenantNames = try tenantNames(in: session)
        return counts
    }

    /// By phone number id.
    static func tenantNames(in session: PostgresSession) throws(PostgresError) -> [String: String] {
        var found: [String: String] = [:]
        for row in try session.execute(names) { found[try row.string(0)] = try row.string(1) }
        return found
    }
}
