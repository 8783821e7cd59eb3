internal import Postgres

/// Which fields of the settings a change touched, for the audit log; of the token only that it was replaced.
enum ConfigAudit {
    static func write(
        old: TenantConfig?, new: TenantConfig, isNewToken: Bool, _ tenant: TenantID, _ actor: AuditActor,
        in session: PostgresSession
    ) throws(PostgresError) {
        var fields: [String] = []
        func note(_ name: String, _ differs: Bool) { if differs { fields.append(name) } }
        note("phone_number_id", old?.phoneNumberID != new.phoneNumberID)
        note("waba_id", old?.wabaID != new.wabaID)
        note("is_active", old.map { $0.isActive != new.isActive } ?? false)
        note("throttle_per_second", old.map { $0.throttlePerSecond != new.throttlePerSecond } ?? false)
        note("template", old?.template != new.template)
        note("default_body", old?.defaultBody != new.defaultBody)
        note("link_hosts", old.map { $0.linkHosts != new.linkHosts } ?? !new.linkHosts.isEmpty)
        note("access_token", isNewToken)
        try AuditLog.write(
            old == nil ? "config.create" : "config.update", tenant, fields: fields, number: new.phoneNumberID,
            by: actor, in: session)
    }
}
