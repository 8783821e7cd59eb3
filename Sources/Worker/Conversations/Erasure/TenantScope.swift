public import Postgres
public import WhatsAppPayload

/// What an erasure by a tenant, or for one, may touch.
public enum TenantScope {
    private static let load: PostgresStatement = """
        select t.id = $1, c.phone_number_id, c.waba_id
        from tenants t left join whatsapp_configs c on c.tenant_id = t.id
        where t.id = $1 or c.tenant_id is not null
        """

    /// - Parameter takesUnclaimed: for operators: also what no tenant has.
    /// - Returns: nil if there is no such tenant.
    public static func load(
        tenant: Int64, takesUnclaimed: Bool, in session: PostgresSession
    ) throws(PostgresError) -> ErasureScope? {
        var isThere = false
        var (own, others) = (ErasureScope.Names(), ErasureScope.Names())
        for row in try session.execute(load, [.int8(tenant)]) {
            let (isOwn, number, account) = (try row.bool(0), try row.optionalString(1), try row.optionalString(2))
            isThere = isThere || isOwn
            if let number { if isOwn { own.numbers.insert(number) } else { others.numbers.insert(number) } }
            if let account { if isOwn { own.accounts.insert(account) } else { others.accounts.insert(account) } }
        }
        guard isThere else { return nil }
        return ErasureScope(tenant: String(tenant), own: own, others: others, takesUnclaimed: takesUnclaimed)
    }
}
