internal import Postgres
internal import Tenants

/// A file as it is served.
struct ServedFile: Sendable {
    /// The message's id.
    let message: String
    let file: StoredFile
    let mimeType: String?
    /// As its sender named it.
    let filename: String?
    /// Of its bytes, in hexadecimal digits.
    let digest: String?
    /// Its message was deleted by its sender.
    let isRevoked: Bool
}

/// Finds the file that came with a message.
enum MediaReader {
    private static let find: PostgresStatement = """
        select f.message_id, f.state, f.size, f.reason, f.mime_type, m.media_filename, encode(f.sha256, 'hex'),
            m.revoked_at is not null
        from whatsapp_media f join whatsapp_messages m on m.id = f.message_id and m.tenant_id = f.tenant_id
        where f.tenant_id = $1 and (f.message_id = $2 or f.media_id = $2)
        order by m.revoked_at is not null, f.state <> 'stored', f.message_id limit 1
        """

    /// - Parameter id: the message's, or Meta's of the file.
    static func load(
        _ id: String, of tenant: TenantID, in session: PostgresSession
    ) throws(PostgresError) -> ServedFile? {
        // PostgreSQL has no NUL in text, so nothing is called so.
        guard !id.utf8.contains(0) else { return nil }
        return try session.execute(find, [.int8(tenant.value), .text(id)]).first.map { row throws(PostgresError) in
            ServedFile(
                message: try row.string(0),
                file: StoredFile(
                    state: try row.string(1), size: try row.optionalInt64(2), reason: try row.optionalString(3)),
                mimeType: try row.optionalString(4), filename: try row.optionalString(5),
                digest: try row.optionalString(6), isRevoked: try row.bool(7))
        }
    }
}
