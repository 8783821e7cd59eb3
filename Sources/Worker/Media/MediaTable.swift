internal import MediaFiles
internal import OpenSSLKit
internal import Postgres

/// The rows of files: each change is a compare-and-set, by the job that is at it.
enum MediaTable {
    /// A job that comes again takes up its own row at once; another one only once nothing is heard of the first. A file
    /// that has failed is tried once more where somebody asks for it.
    private static let begin: PostgresStatement = """
        update whatsapp_media m set state = 'pending', job_id = $3, turn_at = now(),
            busy_until = now() + interval '10 minutes',
            lost = m.lost + case when m.job_id <> $3 then 1 else 0 end
        from whatsapp_messages g
        where m.message_id = $1 and m.tenant_id = $2 and g.id = m.message_id and m.state <> 'stored'
            and (m.job_id is null or m.job_id = $3 or m.busy_until < now())
        returning m.phone_number_id, m.media_id, g.type, g.media_mime_type, g.media_sha256, m.attempts, m.lost,
            m.expires_at < now()
        """
    private static let config: PostgresStatement = """
        select c.phone_number_id, c.access_token, c.version, c.status = 'paused'
        from whatsapp_configs c join tenants t on t.id = c.tenant_id
        where c.tenant_id = $1 and t.disabled_at is null
        """
    /// With the event that tells of it.
    private static let store: PostgresStatement = """
        with stored as (
            update whatsapp_media set state = 'stored', job_id = null, busy_until = null, attempts = attempts + 1,
                reason_code = null, reason = null, mime_type = $4, size = $5, sha256 = $6, ended_at = now()
            where message_id = $1 and tenant_id = $2 and job_id = $3 and state <> 'stored'
            returning tenant_id, message_id)
        insert into whatsapp_feed (tenant_id, kind, message_ids, size)
        select tenant_id, 'media', array[message_id], 1 from stored
        """
    private static let exists: PostgresStatement =
        "select exists (select from whatsapp_media where message_id = $1 and tenant_id = $2)"
    private static let postpone: PostgresStatement = """
        update whatsapp_media set job_id = null, busy_until = null, attempts = attempts + $4::integer,
            due_at = now() + make_interval(secs => $5::float8 / 1000),
            turn_at = now() + make_interval(secs => $5::float8 / 1000), reason_code = $6, reason = $7
        where message_id = $1 and tenant_id = $2 and job_id = $3
        """
    /// It gets its next turn by the sweep, when its number is not paused.
    private static let wait: PostgresStatement = """
        update whatsapp_media set job_id = null, busy_until = null, turn_at = null, reason_code = $4, reason = $5
        where message_id = $1 and tenant_id = $2 and job_id = $3
        """
    private static let fail: PostgresStatement = """
        update whatsapp_media set state = 'failed', job_id = null, busy_until = null, attempts = attempts + $4::integer,
            reason_code = $5, reason = $6, ended_at = now()
        where message_id = $1 and tenant_id = $2 and job_id = $3
        """

    /// Begins an attempt.
    /// - Returns: nil if there is nothing to do: it is stored, gone, or in another's hands.
    static func begin(
        _ name: MediaName, job: String, in session: PostgresSession
    ) throws(PostgresError) -> MediaOrder? {
        guard let row = try session.execute(begin, [.text(name.message), .int8(name.tenant), .text(job)]).first else {
            return nil
        }
        let found = try session.execute(config, [.int8(name.tenant)]).first
        return MediaOrder(
            name: name, number: try row.string(0), mediaID: try row.string(1), type: try row.string(2),
            mimeType: try row.optionalString(3), sha256: try row.optionalString(4), attempts: Int(try row.int32(5)),
            lost: Int(try row.int32(6)), isExpired: try row.bool(7),
            config: try found.map { row throws(PostgresError) in
                MediaConfig(
                    number: try row.string(0), sealedToken: try row.bytes(1), version: try row.int64(2),
                    isPaused: try row.bool(3))
            })
    }

    /// - Returns: whether the row is still there. If not, its file must go.
    static func store(
        _ name: MediaName, job: String, _ receipt: MediaReceipt, in session: PostgresSession
    ) throws(PostgresError) -> Bool {
        let stored = try session.execute(
            store,
            [
                .text(name.message), .int8(name.tenant), .text(job), .text(receipt.mimeType), .int8(receipt.size),
                .bytea(receipt.digest.bytes),
            ]
        ).rowsAffected
        if stored > 0 { return true }
        return try session.execute(exists, [.text(name.message), .int8(name.tenant)]).only().bool(0)
    }

    /// - Parameter attempts: how many this one counts as.
    static func postpone(
        _ name: MediaName, job: String, milliseconds: Int64, attempts: Int32, _ reason: MediaReason,
        in session: PostgresSession
    ) throws(PostgresError) {
        _ = try session.execute(
            postpone,
            [
                .text(name.message), .int8(name.tenant), .text(job), .int4(attempts), .double(Double(milliseconds)),
                .text(reason.code.rawValue), .text(reason.text),
            ])
    }

    static func wait(
        _ name: MediaName, job: String, _ reason: MediaReason, in session: PostgresSession
    ) throws(PostgresError) {
        _ = try session.execute(
            wait,
            [
                .text(name.message), .int8(name.tenant), .text(job), .text(reason.code.rawValue), .text(reason.text),
            ])
    }

    static func fail(
        _ name: MediaName, job: String, attempts: Int32, _ reason: MediaReason, in session: PostgresSession
    ) throws(PostgresError) {
        _ = try session.execute(
            fail,
            [
                .text(name.message), .int8(name.tenant), .text(job), .int4(attempts), .text(reason.code.rawValue),
                .text(reason.text),
            ])
    }
}
