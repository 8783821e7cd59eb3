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

    private static let list: PostgresStatement = """
        select phone_number_id, max(waba_id), count(*), min(received_at), max(received_at) from whatsapp_unrouted
        group by phone_number_id order by max(received_at) desc limit 200
        """
    private static let count: PostgresStatement = """
        select count(distinct phone_number_id), count(*), (select count(*) from tenants) from whatsapp_unrouted
        """
    private static let names: PostgresStatement = """
        select c.phone_number_id, t.name from whatsapp_configs c join tenants t on t.id = c.tenant_id limit 10000
        """

    static func list(in session: PostgresSession) throws(PostgresError) -> [UnroutedRow] {
        var rows: [UnroutedRow] = []
        for row in try session.execute(list) {
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
        for row in try session.execute(names) { counts.tenantNames[try row.string(0)] = try row.string(1) }
        return counts
    }
}
