public import Postgres

/// A tenant's WhatsApp settings in Postgres. Each function is one step of the caller's transaction.
public enum ConfigStore {
    private static let numberConstraint = "whatsapp_configs_phone_number_id_key"
    private static let columns = """
        phone_number_id, waba_id, display_phone_number, is_active, status, status_reason, throttle_per_second,
        template_name, template_language, default_body, link_hosts, access_token_last4, access_token_set_at,
        access_token_set_by, version
        """

    private static let select = PostgresStatement("select \(columns) from whatsapp_configs where tenant_id = $1")
    private static let lock = PostgresStatement(
        "select \(columns), access_token from whatsapp_configs where tenant_id = $1 for update")
    // The row of the tenant is what two first savers wait at: there is no configuration to lock yet.
    private static let lockTenant: PostgresStatement = "select id from tenants where id = $1 for no key update"
    private static let selectToken: PostgresStatement =
        "select access_token, phone_number_id from whatsapp_configs where tenant_id = $1"
    private static let write = PostgresStatement(
        """
        insert into whatsapp_configs (tenant_id, phone_number_id, waba_id, display_phone_number, is_active, status,
            status_reason, throttle_per_second, template_name, template_language, default_body, link_hosts, access_token,
            access_token_last4, access_token_set_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        on conflict (tenant_id) do update set phone_number_id = excluded.phone_number_id, waba_id = excluded.waba_id,
            display_phone_number = excluded.display_phone_number, is_active = excluded.is_active,
            status = excluded.status, status_reason = excluded.status_reason,
            throttle_per_second = excluded.throttle_per_second, template_name = excluded.template_name,
            template_language = excluded.template_language, default_body = excluded.default_body,
            link_hosts = excluded.link_hosts, access_token = excluded.access_token,
            access_token_last4 = excluded.access_token_last4, access_token_set_by = excluded.access_token_set_by,
            access_token_set_at = case when $16 then now() else whatsapp_configs.access_token_set_at end,
            version = whatsapp_configs.version + 1, updated_at = now()
        returning \(columns)
        """)
    private static let moveQueued: PostgresStatement = """
        update whatsapp_messages set phone_number_id = $2, turn_at = null
        where tenant_id = $1 and status = 'queued' and direction = 'outbound' and phone_number_id <> $2
        """
    private static let delete: PostgresStatement =
        "delete from whatsapp_configs where tenant_id = $1 and ($2::bigint is null or version = $2) returning phone_number_id"

    /// The tenant's settings; nil where it has no number.
    public static func load(_ tenant: TenantID, in session: PostgresSession) throws(PostgresError) -> TenantConfig? {
        try session.execute(select, [.int8(tenant.value)]).first.map { row throws(PostgresError) in try config(row) }
    }

    /// The tenant's token and the number that it is for, for asking the Graph API; nil where the tenant has no number.
    ///
    /// Throws `PostgresError`, ``SealedValueError``, or `OpenSSLError`.
    public static func accessToken(
        of tenant: TenantID, sealer: TokenSealer, in session: PostgresSession
    ) throws -> (token: AccessToken, number: PhoneNumberID)? {
        guard let row = try session.execute(selectToken, [.int8(tenant.value)]).first,
            let number = PhoneNumberID(try row.string(1))
        else { return nil }
        return (try sealer.open(row.bytes(0), tenantID: tenant, phoneNumberID: number), number)
    }

    /// Changes the settings and writes to the audit log which fields were changed, or creates them where the tenant has
    /// none. A token is bound to its number: with another number it is sealed anew, and messages that wait to be sent move
    /// to that number. With a new token or number the number is `active` again; its lane is the caller's to resume after
    /// the commit.
    ///
    /// Throws ``ConfigError`` (after `phoneNumberTaken` the transaction is lost), `PostgresError`, or `OpenSSLError`.
    /// - Parameter expectedVersion: refuses the change if the settings have another version; nil: any, 0: none yet.
    public static func save(
        _ change: ConfigChange, of tenant: TenantID, expectedVersion: Int64? = nil, sealer: TokenSealer,
        by actor: AuditActor, in session: PostgresSession
    ) throws -> TenantConfig {
        try ConfigRules.check(change)
        guard !(try session.execute(lockTenant, [.int8(tenant.value)])).isEmpty else { throw ConfigError.unknownTenant }
        let row = try session.execute(lock, [.int8(tenant.value)]).first
        let old = try row.map { row throws(PostgresError) in try config(row) }
        if let expectedVersion, expectedVersion != old?.version ?? 0 {
            throw ConfigError.versionConflict(current: old?.version ?? 0)
        }
        var new = try old ?? firstConfig(change)
        apply(change, to: &new)
        let sealed = try seal(change, old: try row?.bytes(15), oldNumber: old?.phoneNumberID, new, tenant, sealer)
        if change.renewsNumber {
            new.status = "active"
            new.statusReason = nil
        }
        var isNewToken = false
        if case .set(let token) = change.accessToken {
            isNewToken = true
            new.accessToken.last4 = AccessToken(token)?.last4
            new.accessToken.setBy = actor.name
        }
        let saved = try write(new, sealed: sealed, isNewToken: isNewToken, of: tenant, in: session)
        if let old, old.phoneNumberID != saved.phoneNumberID {
            _ = try session.execute(moveQueued, [.int8(tenant.value), .text(saved.phoneNumberID)])
        }
        try ConfigAudit.write(old: old, new: saved, isNewToken: isNewToken, tenant, actor, in: session)
        return saved
    }

    /// Removes the settings with the token, and writes that to the audit log. Messages stay.
    /// - Returns: the number that the tenant had; nil: it had none, or the settings have another version.
    public static func remove(
        _ tenant: TenantID, expectedVersion: Int64? = nil, by actor: AuditActor, in session: PostgresSession
    ) throws(PostgresError) -> String? {
        guard let row = try session.execute(delete, [.int8(tenant.value), .int8(expectedVersion)]).first else {
            return nil
        }
        let number = try row.string(0)
        try AuditLog.write(
            "config.remove", tenant, fields: ["phone_number_id"], number: number, by: actor, in: session)
        return number
    }

    private static func firstConfig(_ change: ConfigChange) throws(ConfigError) -> TenantConfig {
        guard case .set(let number) = change.phoneNumberID else { throw .missing(field: "phone_number_id") }
        guard case .set = change.accessToken else { throw .missing(field: "access_token") }
        return TenantConfig(
            phoneNumberID: number, isActive: true, status: "active", throttlePerSecond: 80, linkHosts: [],
            accessToken: TenantConfig.SavedToken(setAt: 0, setBy: ""), version: 0)
    }

    private static func apply(_ change: ConfigChange, to config: inout TenantConfig) {
        config.phoneNumberID = change.phoneNumberID.applied(to: config.phoneNumberID)
        config.wabaID = change.wabaID.applied(to: config.wabaID)
        config.displayPhoneNumber = change.displayPhoneNumber.applied(to: config.displayPhoneNumber)
        config.isActive = change.isActive.applied(to: config.isActive)
        config.throttlePerSecond = Int32(
            clamping: change.throttlePerSecond.applied(to: Int64(config.throttlePerSecond)))
        config.template = change.template.applied(to: config.template)
        config.defaultBody = change.defaultBody.applied(to: config.defaultBody)
        config.linkHosts = change.linkHosts.applied(to: config.linkHosts).map { $0.lowercased() }
    }

    private static func seal(
        _ change: ConfigChange, old: [UInt8]?, oldNumber: String?, _ new: TenantConfig, _ tenant: TenantID,
        _ sealer: TokenSealer
    ) throws -> [UInt8] {
        guard let number = PhoneNumberID(new.phoneNumberID) else {
            throw ConfigError.invalid(field: "phone_number_id", rule: "expected \(PhoneNumberID.expectation)")
        }
        if case .set(let text) = change.accessToken, let token = AccessToken(text) {
            return try sealer.seal(token, tenantID: tenant, phoneNumberID: number)
        }
        guard let old, let oldNumber = oldNumber.flatMap(PhoneNumberID.init) else {
            throw ConfigError.missing(field: "access_token")
        }
        if oldNumber == number { return old }
        let token: AccessToken
        do {
            token = try sealer.open(old, tenantID: tenant, phoneNumberID: oldNumber)
        } catch is SealedValueError {
            throw ConfigError.tokenUnreadable
        }
        return try sealer.seal(token, tenantID: tenant, phoneNumberID: number)
    }

    private static func write(
        _ config: TenantConfig, sealed: [UInt8], isNewToken: Bool, of tenant: TenantID, in session: PostgresSession
    ) throws -> TenantConfig {
        var hosts = PostgresArray.text(capacity: config.linkHosts.count)
        for host in config.linkHosts { hosts.append(host) }
        do throws(PostgresError) {
            let row = try session.execute(
                write,
                [
                    .int8(tenant.value), .text(config.phoneNumberID), .text(config.wabaID),
                    .text(config.displayPhoneNumber), .bool(config.isActive), .text(config.status),
                    .text(config.statusReason), .int4(config.throttlePerSecond), .text(config.template?.name),
                    .text(config.template?.language), .text(config.defaultBody), .array(hosts), .bytea(sealed),
                    .text(config.accessToken.last4), .text(config.accessToken.setBy), .bool(isNewToken),
                ]
            ).only()
            return try Self.config(row)
        } catch {
            guard error.constraint == numberConstraint else { throw error }
            throw ConfigError.phoneNumberTaken(config.phoneNumberID)
        }
    }

    private static func config(_ row: PostgresRow) throws(PostgresError) -> TenantConfig {
        let name = try row.optionalString(7)
        let language = try row.optionalString(8) ?? "en"
        return TenantConfig(
            phoneNumberID: try row.string(0), wabaID: try row.optionalString(1),
            displayPhoneNumber: try row.optionalString(2), isActive: try row.bool(3), status: try row.string(4),
            statusReason: try row.optionalString(5), throttlePerSecond: try row.int32(6),
            template: name.map { TenantConfig.MessageTemplate(name: $0, language: language) },
            defaultBody: try row.optionalString(9), linkHosts: try row.stringArray(10).compactMap { $0 },
            accessToken: TenantConfig.SavedToken(
                last4: try row.optionalString(11), setAt: try row.microseconds(12), setBy: try row.string(13)),
            version: try row.int64(14))
    }
}
