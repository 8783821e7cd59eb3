internal import Postgres
internal import WhatsAppPayload

/// Which tenant each item belongs to: the one that has the number, else the only one that has the business account. Where
/// several name one account, what carries no number is nobody's: it might be any of theirs.
struct TenantRouting {
    private static let byNumber: PostgresStatement =
        """
        select c.phone_number_id, c.tenant_id, exists (select from whatsapp_erased e where e.tenant_id = c.tenant_id)
        from whatsapp_configs c where c.phone_number_id = any($1)
        """
    private static let byAccount: PostgresStatement = """
        select c.waba_id, c.tenant_id, exists (select from whatsapp_erased e where e.tenant_id = c.tenant_id)
        from (
            select waba_id, min(tenant_id) as tenant_id from whatsapp_configs where waba_id = any($1)
            group by waba_id having count(*) = 1) c
        """

    private var numbers: [String: Int64] = [:]
    private var accounts: [String: Int64] = [:]
    /// Tenants that have erased a customer.
    private(set) var erasers: Set<Int64> = []

    static func load(for items: [IncomingItem], in session: PostgresSession) throws(PostgresError) -> TenantRouting {
        var (numbers, accounts): (Set<String>, Set<String>) = ([], [])
        for item in items {
            if let number = item.item.phoneNumberID {
                numbers.insert(number)
            } else if let account = item.change.wabaID {
                accounts.insert(account)
            }
        }
        var routing = TenantRouting()
        routing.numbers = try look(up: numbers, with: byNumber, erasers: &routing.erasers, in: session)
        routing.accounts = try look(up: accounts, with: byAccount, erasers: &routing.erasers, in: session)
        return routing
    }

    private static func look(
        up names: Set<String>, with statement: PostgresStatement, erasers: inout Set<Int64>,
        in session: PostgresSession
    ) throws(PostgresError) -> [String: Int64] {
        guard !names.isEmpty else { return [:] }
        var array = PostgresArray.text(capacity: names.count)
        for name in names { array.append(name) }
        var found: [String: Int64] = [:]
        for row in try session.execute(statement, [.array(array)]) {
            let tenant = try row.int64(1)
            found[try row.string(0)] = tenant
            if try row.bool(2) { erasers.insert(tenant) }
        }
        return found
    }

    func tenant(of item: IncomingItem) -> Int64? {
        if let number = item.item.phoneNumberID { return numbers[number] }
        return item.change.wabaID.flatMap { accounts[$0] }
    }
}
