internal import Identifiers
internal import Postgres
internal import WhatsAppPayload

/// Writes messages, with the conversations that they belong to.
enum MessageTable {
    /// The messages that were not there before are events.
    private static let insert: PostgresStatement = """
        with stored as (
        insert into whatsapp_messages (id, tenant_id, conversation_id, wamid, direction, type, status, text, reply_to,
            target_wamid, group_id, media_id, media_mime_type, media_sha256, media_filename, errors, sent_at, raw,
            named_by, with_number)
        select id, tenant_id, conversation_id, wamid, direction, type, status, text, reply_to, target_wamid, group_id,
            media_id, media_mime_type, media_sha256, media_filename, errors::jsonb, sent_at, raw, named_by, with_number
        from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
            $17::timestamptz[], $18::bytea[], $19::text[], $20::text[])
            as m (id, tenant_id, conversation_id, wamid, direction, type, status, text, reply_to, target_wamid,
                group_id, media_id, media_mime_type, media_sha256, media_filename, errors, sent_at, raw, named_by,
                with_number)
        on conflict (tenant_id, wamid) do nothing
        returning tenant_id, id)
        insert into whatsapp_feed (tenant_id, kind, message_ids, size)
        select tenant_id, 'message', array_agg(id order by id), count(*) from stored group by tenant_id
        """

    /// Resolves the conversations and inserts in key order; `messages` is in that order afterwards.
    /// - Parameter calls: are noted in the conversations of those who made them, and are no messages.
    static func insert(
        _ messages: inout [RoutedMessage], beside calls: [RoutedCall], now: Int64, in session: PostgresSession
    ) throws(PostgresError) {
        guard !messages.isEmpty || !calls.isEmpty else { return }
        try ConversationResolver.resolve(&messages, beside: calls, in: session)
        guard !messages.isEmpty else { return }
        // Identifiers are drawn in the order of acceptance, before the sort.
        var generator = ULIDGenerator()
        let stamp = UInt64(max(0, now))
        var rows = messages.map { (message: $0, id: generator.next(milliseconds: stamp)) }
        rows.sort { ($0.message.tenant, $0.message.message.wamid) < ($1.message.tenant, $1.message.message.wamid) }
        messages = rows.map(\.message)

        let count = rows.count
        var (ids, tenants) = (
            PostgresArray.text(capacity: count, bytesPerElement: 26), PostgresArray.int8(capacity: count)
        )
        var conversations = PostgresArray.int8(capacity: count)
        var wamids = PostgresArray.text(capacity: count, bytesPerElement: 64)
        var (directions, types) = (PostgresArray.text(capacity: count), PostgresArray.text(capacity: count))
        var statuses = PostgresArray.text(capacity: count)
        var texts = PostgresArray.text(capacity: count, bytesPerElement: 64)
        var (repliesTo, targets) = (PostgresArray.text(capacity: count), PostgresArray.text(capacity: count))
        var groups = PostgresArray.text(capacity: count)
        var (mediaIDs, mimeTypes) = (PostgresArray.text(capacity: count), PostgresArray.text(capacity: count))
        var (hashes, filenames) = (PostgresArray.text(capacity: count), PostgresArray.text(capacity: count))
        var errors = PostgresArray.text(capacity: count)
        var sentAt = PostgresArray.timestamptz(capacity: count)
        var raw = PostgresArray.bytea(capacity: count, bytesPerElement: 256)
        var (namedBy, withNumber) = (PostgresArray.text(capacity: count), PostgresArray.text(capacity: count))
        var files = MediaRows()
        for (row, id) in rows {
            let message = row.message
            id.withText { ids.append(bytes: $0) }
            if let file = message.media?.id, let number = message.phoneNumberID {
                files.append(message: id, tenant: row.tenant, number: number, media: file, sentAt: row.sentAt)
            }
            tenants.append(row.tenant)
            conversations.append(row.conversation)
            wamids.append(message.wamid)
            directions.append(row.isEcho ? "outbound" : "inbound")
            types.append(message.type)
            statuses.append(row.isEcho ? "sent" : "received")
            texts.append(message.text)
            repliesTo.append(message.context?.repliedTo)
            targets.append(message.change?.target)
            groups.append(message.groupID)
            mediaIDs.append(message.media?.id)
            mimeTypes.append(message.media?.mimeType)
            hashes.append(message.media?.sha256)
            filenames.append(message.media?.filename)
            errors.append(message.errors.isEmpty ? nil : ReportedError.jsonText(message.errors))
            sentAt.append(microseconds: row.sentAt)
            message.raw.withUnsafeBytes { raw.append(bytes: $0) }
            let number = row.number
            namedBy.append(number.alone)
            withNumber.append(number.withID)
        }
        var parameters = PostgresParameters()
        for array in [
            ids, tenants, conversations, wamids, directions, types, statuses, texts, repliesTo, targets, groups,
            mediaIDs, mimeTypes, hashes, filenames, errors, sentAt, raw, namedBy, withNumber,
        ] { parameters.append(array) }
        _ = try session.execute(insert, parameters)
        try files.insert(in: session)
    }
}
