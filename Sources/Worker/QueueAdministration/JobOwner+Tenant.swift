public import Postgres

extension JobOwner {
    private static let select: PostgresStatement = """
        select t.id, c.phone_number_id, c.waba_id from tenants t left join whatsapp_configs c on c.tenant_id = t.id
        where t.id = $1
        """

    /// By what jobs show that they are this tenant's.
    /// - Throws: `AdministrationError` if there is no such tenant, or `PostgresError`.
    public static func tenant(_ id: Int64, in session: PostgresSession) throws -> JobOwner {
        let rows = try session.execute(select, [.int8(id)])
        guard let row = rows.first else {
            throw AdministrationError("there is no tenant \(id): see `worker tenant list`")
        }
        var owner = JobOwner(tenant: String(id))
        if let number = try row.optionalString(1) { owner.phoneNumberIDs = [number] }
        if let account = try row.optionalString(2) { owner.accountIDs = [account] }
        return owner
    }
}
