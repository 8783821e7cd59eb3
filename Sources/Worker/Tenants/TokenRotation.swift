internal import OpenSSLKit
public import Postgres

/// Seals the stored access tokens anew under the first configured key, so that an older one can be taken out of the
/// configuration. Everything runs on meanwhile: both keys open, and the tokens stay what they are.
public enum TokenRotation {
    /// What one step did.
    public struct Step: Sendable, Equatable {
        public var resealed = 0
        /// Tenants whose token no configured key opens; their rows stay as they are.
        public var unreadable: [TenantID] = []
        /// Where the next step goes on; nil if this was the last.
        public var next: TenantID?

        public init() {}
    }

    private static let rows = 100

    private static let select: PostgresStatement = """
        select tenant_id, phone_number_id, access_token from whatsapp_configs
        where tenant_id > $1 and substr(access_token, 1, length($2)) <> $2
        order by tenant_id limit $3 for update
        """
    private static let update: PostgresStatement = "update whatsapp_configs set access_token = $2 where tenant_id = $1"

    /// One step, in a transaction of its own.
    /// - Parameter after: the tenant with which the step before ended; nil to begin.
    public static func step(
        after: TenantID?, ring: EncryptionKeyRing, in session: PostgresSession
    ) throws -> Step {
        let sealer = TokenSealer(ring: ring)
        let header = SealedValue.header(keyID: ring.sealingKeyID)
        let rows = try session.execute(
            select, [.int8(after?.value ?? 0), .bytea(header), .int8(Int64(Self.rows))])
        var step = Step()
        for row in rows {
            let tenant = TenantID(try row.int64(0))
            step.next = tenant
            guard let number = PhoneNumberID(try row.string(1)) else {
                step.unreadable.append(tenant)
                continue
            }
            do {
                let token = try sealer.open(try row.bytes(2), tenantID: tenant, phoneNumberID: number)
                let sealed = try sealer.seal(token, tenantID: tenant, phoneNumberID: number)
                _ = try session.execute(update, [.int8(tenant.value), .bytea(sealed)])
                step.resealed += 1
            } catch is SealedValueError {
                step.unreadable.append(tenant)
            }
        }
        if rows.count < Self.rows { step.next = nil }
        return step
    }
}
