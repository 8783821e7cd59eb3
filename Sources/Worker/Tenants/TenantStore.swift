import OpenSSLKit
public import Postgres

/// Tenants, their numbers and their API keys in Postgres. Each function is one step of the caller's transaction.
public enum TenantStore {
    private static let phoneNumberConstraint = "whatsapp_configs_phone_number_id_key"

    private static let insertTenant: PostgresStatement = "insert into tenants (name) values ($1) returning id"
    private static let insertConfig: PostgresStatement = """
        insert into whatsapp_configs
            (tenant_id, phone_number_id, waba_id, access_token, access_token_last4, access_token_set_by)
        values ($1, $2, $3, $4, $5, $6)
        """
    private static let insertKey: PostgresStatement = """
        insert into api_keys (tenant_id, key_hash, last4, created_by) values ($1, $2, $3, $4)
        """
    private static let insertAudit: PostgresStatement = """
        insert into audit_log (actor, action, tenant_id, detail, origin)
        values ($1, 'tenant.create', $2,
            jsonb_build_object('name', $3::text, 'phone_number_id', $4::text, 'waba_id', $5::text), $6)
        """
    private static let selectTenants: PostgresStatement = """
        select t.id, t.name, t.created_at, t.disabled_at, c.phone_number_id, c.waba_id, c.is_active, c.status,
            c.status_reason, c.access_token_last4, c.access_token_set_at
        from tenants t left join whatsapp_configs c on c.tenant_id = t.id
        where t.id > $1
        order by t.id
        limit $2
        """

    /// Conversations that are being opened hold the tenant's row as a foreign key does: this is not to wait for them.
    private static let disable: PostgresStatement = """
        with before as (select id, disabled_at from tenants where id = $1 for no key update)
        update tenants t set disabled_at = coalesce(t.disabled_at, now()) from before b where t.id = b.id
        returning b.disabled_at is null
        """

    /// Creates the tenant with its number, its sealed token and an API key, and writes it to the audit log.
    ///
    /// Throws ``TenantError`` if the number is taken (the transaction is lost then), `PostgresError`, or `OpenSSLError`.
    public static func create(
        _ tenant: NewTenant, sealer: TokenSealer, by actor: AuditActor, in session: PostgresSession
    ) throws -> CreatedTenant {
        let id = TenantID(try session.execute(insertTenant, [.text(tenant.name.text)]).only().int64(0))
        try insertConfig(of: tenant, id: id, sealer: sealer, by: actor, in: session)
        let apiKey = try APIKey.generate()
        _ = try session.execute(
            insertKey, [.int8(id.value), .bytea(apiKey.digest.bytes), .text(apiKey.last4), .text(actor.name)])
        _ = try session.execute(
            insertAudit,
            [
                .text(actor.name), .int8(id.value), .text(tenant.name.text), .text(tenant.phoneNumberID.text),
                .text(tenant.wabaID?.text), .text(actor.origin),
            ])
        return CreatedTenant(id: id, apiKey: apiKey)
    }

    /// Creates a tenant that will set up its number itself, with an API key, and writes it to the audit log.
    ///
    /// Throws `PostgresError` or `OpenSSLError`.
    public static func create(
        _ name: TenantName, by actor: AuditActor, in session: PostgresSession
    ) throws -> CreatedTenant {
        let id = TenantID(try session.execute(insertTenant, [.text(name.text)]).only().int64(0))
        let apiKey = try APIKey.generate()
        _ = try session.execute(
            insertKey, [.int8(id.value), .bytea(apiKey.digest.bytes), .text(apiKey.last4), .text(actor.name)])
        try AuditLog.write("tenant.create", id, fields: ["name"], by: actor, in: session)
        return CreatedTenant(id: id, apiKey: apiKey)
    }

    /// Up to `limit` tenants with ids above `after`, in the order of their ids.
    public static func list(
        after: TenantID = TenantID(0), limit: Int, in session: PostgresSession
    ) throws -> [TenantSummary] {
        try session.execute(selectTenants, [.int8(after.value), .int8(Int64(limit))]).map { try summary($0) }
    }

    /// Switches a tenant off: its keys open nothing and nothing is sent for it; what comes in is stored as always. Writes it
    /// to the audit log.
    /// - Returns: whether this call did it; nil: there is no such tenant.
    public static func disable(
        _ tenant: TenantID, by actor: AuditActor, in session: PostgresSession
    ) throws(PostgresError) -> Bool? {
        guard let row = try session.execute(disable, [.int8(tenant.value)]).first else { return nil }
        guard try row.bool(0) else { return false }
        try AuditLog.write("tenant.disable", tenant, by: actor, in: session)
        return true
    }

    private static func insertConfig(
        of tenant: NewTenant, id: TenantID, sealer: TokenSealer, by actor: AuditActor, in session: PostgresSession
    ) throws {
        let sealed = try sealer.seal(tenant.accessToken, tenantID: id, phoneNumberID: tenant.phoneNumberID)
        do throws(PostgresError) {
            _ = try session.execute(
                insertConfig,
                [
                    .int8(id.value), .text(tenant.phoneNumberID.text), .text(tenant.wabaID?.text), .bytea(sealed),
                    .text(tenant.accessToken.last4), .text(actor.name),
                ])
        } catch {
            guard error.constraint == phoneNumberConstraint else { throw error }
            throw TenantError.phoneNumberTaken(tenant.phoneNumberID)
        }
    }

    private static func summary(_ row: PostgresRow) throws(PostgresError) -> TenantSummary {
        TenantSummary(
            id: TenantID(try row.int64(0)), name: try row.string(1), createdAt: try row.microseconds(2),
            disabledAt: try row.optionalMicroseconds(3), number: try row.isNull(4) ? nil : number(row))
    }

    private static func number(_ row: PostgresRow) throws(PostgresError) -> TenantSummary.Number {
        TenantSummary.Number(
            phoneNumberID: try row.string(4), wabaID: try row.optionalString(5), isActive: try row.bool(6),
            status: try row.string(7), statusReason: try row.optionalString(8), tokenLast4: try row.optionalString(9),
            tokenSetAt: try row.microseconds(10))
    }
}
