internal import OpenSSLKit
public import Postgres

/// The tenants' API keys in Postgres, of which only digests are kept. Each function is one step of the caller's
/// transaction; what changes something is written to the audit log.
public enum APIKeyStore {
    /// Keys that one tenant may have at once: one for each program and person, and no more than can be kept track of.
    public static let mostKeys = 20

    /// First half of the advisory lock's key; the second is the tenant: keys of one are made one after the other.
    /// Hashed, since an id that was asked for may be larger than such a key.
    private static let lock: PostgresStatement = "select pg_advisory_xact_lock(7006, hashint8($1))"
    private static let isLive: PostgresStatement = """
        select from api_keys where tenant_id = $1 and id = $2 and revoked_at is null
        """
    private static let countLive: PostgresStatement = """
        select count(*) from api_keys where tenant_id = $1 and revoked_at is null
        """
    private static let insert: PostgresStatement = """
        insert into api_keys (tenant_id, key_hash, last4, created_by)
        select id, $2, $3, $4 from tenants where id = $1 returning id
        """
    private static let select: PostgresStatement = """
        select id, last4, created_at, created_by, revoked_at from api_keys
        where tenant_id = $1 and id > $2 order by id limit $3
        """
    private static let selectCurrent: PostgresStatement = """
        select id, last4, created_at, created_by, revoked_at from (
            (select * from api_keys where tenant_id = $1 and revoked_at is null)
            union all
            (select * from api_keys where tenant_id = $1 and revoked_at is not null order by id desc limit $2)
        ) k order by id
        """
    private static let find: PostgresStatement = """
        select k.id, k.tenant_id, t.disabled_at is not null from api_keys k join tenants t on t.id = k.tenant_id
        where k.key_hash = $1 and k.revoked_at is null
        """
    private static let revoke: PostgresStatement = """
        update api_keys set revoked_at = now() where tenant_id = $1 and id = $2 and revoked_at is null returning last4
        """
    private static let endLinks: PostgresStatement = "update tenants set link_epoch = link_epoch + 1 where id = $1"
    private static let revokeOthers: PostgresStatement = """
        update api_keys set revoked_at = now() where tenant_id = $1 and id <> $2 and revoked_at is null returning last4
        """

    /// A key as listings show it.
    public struct Summary: Sendable, Equatable {
        public let id: Int64
        public let last4: String
        /// Microseconds since 1970.
        public let createdAt: Int64
        public let createdBy: String
        /// Microseconds since 1970; nil: it is valid.
        public let revokedAt: Int64?
    }

    /// A new key, which is shown this once.
    public struct Created: Sendable {
        public let id: Int64
        public let key: APIKey
    }

    /// Whose key was presented.
    public struct Holder: Sendable, Equatable {
        public let keyID: Int64
        public let tenant: TenantID
        /// An operator has switched the tenant off: it may do nothing.
        public let isDisabled: Bool
    }

    /// Makes a key beside those that are there; nil if there is no such tenant, or its key opens nothing any more.
    ///
    /// Throws ``TooManyKeys``, `PostgresError` or `OpenSSLError`.
    /// - Parameter key: the id of the key that the caller came with, if it was one: whoever has a stolen one must not be
    ///   making another while it is revoked.
    public static func create(
        for tenant: TenantID, with key: Int64? = nil, by actor: AuditActor, in session: PostgresSession
    ) throws -> Created? {
        guard try takeTurn(tenant, with: key, in: session) else { return nil }
        guard try session.execute(countLive, [.int8(tenant.value)]).only().int64(0) < mostKeys else {
            throw TooManyKeys()
        }
        guard let created = try insert(for: tenant, by: actor, in: session) else { return nil }
        try AuditLog.write("api_key.create", tenant, last4: created.key.last4, by: actor, in: session)
        return created
    }

    /// Makes a key and ends all others at once, and the sessions of sign-in links, too; nil if there is no such tenant.
    ///
    /// Throws `PostgresError` or `OpenSSLError`.
    public static func rotate(
        for tenant: TenantID, by actor: AuditActor, in session: PostgresSession
    ) throws -> Created? {
        // One that is being made beside it must be seen, and end, too.
        guard try takeTurn(tenant, with: nil, in: session),
            let created = try insert(for: tenant, by: actor, in: session)
        else { return nil }
        _ = try session.execute(revokeOthers, [.int8(tenant.value), .int8(created.id)])
        _ = try session.execute(endLinks, [.int8(tenant.value)])
        try AuditLog.write("api_key.rotate", tenant, last4: created.key.last4, by: actor, in: session)
        return created
    }

    /// Makes a key that takes the place of this one, which is revoked; nil if the tenant has no such valid key.
    ///
    /// Throws `PostgresError` or `OpenSSLError`.
    /// - Parameter key: as for ``create(for:with:by:in:)``.
    public static func replace(
        _ id: Int64, of tenant: TenantID, with key: Int64? = nil, by actor: AuditActor, in session: PostgresSession
    ) throws -> Created? {
        guard try takeTurn(tenant, with: key, in: session),
            let row = try session.execute(revoke, [.int8(tenant.value), .int8(id)]).first,
            let created = try insert(for: tenant, by: actor, in: session)
        else { return nil }
        try AuditLog.write(
            "api_key.rotate", tenant, last4: created.key.last4, note: "instead of …\(try row.string(0))", by: actor,
            in: session)
        return created
    }

    /// Ends a key.
    /// - Returns: whether there was such a valid key.
    public static func revoke(
        _ id: Int64, of tenant: TenantID, by actor: AuditActor, in session: PostgresSession
    ) throws(PostgresError) -> Bool {
        guard let row = try session.execute(revoke, [.int8(tenant.value), .int8(id)]).first else { return false }
        try AuditLog.write("api_key.revoke", tenant, last4: try row.string(0), by: actor, in: session)
        return true
    }

    /// A tenant's keys, revoked ones too, in the order in which they were made.
    /// - Parameter after: the last id of the page before.
    public static func list(
        of tenant: TenantID, after: Int64 = 0, limit: Int = 1_000, in session: PostgresSession
    ) throws(PostgresError) -> [Summary] {
        try summaries(session.execute(select, [.int8(tenant.value), .int8(after), .int8(Int64(limit))]))
    }

    /// All valid keys of a tenant, and the revoked ones that were made last, in the order in which they were made.
    /// - Parameter revoked: at most so many revoked ones.
    public static func current(
        of tenant: TenantID, revoked: Int, in session: PostgresSession
    ) throws(PostgresError) -> [Summary] {
        try summaries(session.execute(selectCurrent, [.int8(tenant.value), .int8(Int64(revoked))]))
    }

    private static func summaries(_ rows: PostgresRows) throws(PostgresError) -> [Summary] {
        var keys: [Summary] = []
        for row in rows {
            keys.append(
                Summary(
                    id: try row.int64(0), last4: try row.string(1), createdAt: try row.microseconds(2),
                    createdBy: try row.string(3), revokedAt: try row.optionalMicroseconds(4)))
        }
        return keys
    }

    /// Whose valid key this is; nil: nobody's.
    public static func holder(of key: APIKey, in session: PostgresSession) throws(PostgresError) -> Holder? {
        guard let row = try session.execute(find, [.bytea(key.digest.bytes)]).first else { return nil }
        return Holder(
            keyID: try row.int64(0), tenant: TenantID(try row.int64(1)), isDisabled: try row.bool(2))
    }

    /// Waits until no other key of the tenant is being made, for the rest of the transaction.
    /// - Returns: whether the key, if one is given, is still valid.
    private static func takeTurn(
        _ tenant: TenantID, with key: Int64?, in session: PostgresSession
    ) throws(PostgresError) -> Bool {
        _ = try session.execute(lock, [.int8(tenant.value)])
        guard let key else { return true }
        return try !session.execute(isLive, [.int8(tenant.value), .int8(key)]).isEmpty
    }

    private static func insert(
        for tenant: TenantID, by actor: AuditActor, in session: PostgresSession
    ) throws -> Created? {
        let key = try APIKey.generate()
        let rows = try session.execute(
            insert, [.int8(tenant.value), .bytea(key.digest.bytes), .text(key.last4), .text(actor.name)])
        guard let row = rows.first else { return nil }
        return Created(id: try row.int64(0), key: key)
    }
}
