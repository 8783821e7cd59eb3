internal import Identifiers
internal import Postgres

/// The files that a batch's messages bring, to be fetched by jobs of their own. Costs a batch without any nothing.
struct MediaRows {
    /// A message that was there already has another id: only what this batch has stored gets a row. Files live for seven
    /// days with Meta (its page "Media").
    private static let insert: PostgresStatement = """
        insert into whatsapp_media (message_id, tenant_id, phone_number_id, media_id, expires_at)
        select f.message_id, f.tenant_id, f.phone_number_id, f.media_id, least(f.sent_at, now()) + interval '7 days'
        from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[])
            as f (message_id, tenant_id, phone_number_id, media_id, sent_at)
        where exists (select from whatsapp_messages m where m.id = f.message_id)
        order by f.message_id
        """

    private var (messages, tenants) = (PostgresArray.text(), PostgresArray.int8())
    private var (numbers, files) = (PostgresArray.text(), PostgresArray.text())
    private var sentAt = PostgresArray.timestamptz()

    /// - Parameter sentAt: microseconds since 1970.
    mutating func append(message: ULID, tenant: Int64, number: String, media: String, sentAt: Int64) {
        messages.append(message.description)
        tenants.append(tenant)
        numbers.append(number)
        files.append(media)
        self.sentAt.append(microseconds: sentAt)
    }

    func insert(in session: PostgresSession) throws(PostgresError) {
        guard messages.count > 0 else { return }
        var parameters = PostgresParameters()
        for array in [messages, tenants, numbers, files, sentAt] { parameters.append(array) }
        _ = try session.execute(Self.insert, parameters)
    }
}
