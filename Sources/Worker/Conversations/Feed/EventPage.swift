internal import Postgres

/// Some events in their order.
public struct EventPage: Sendable, Equatable {
    /// Each a JSON object.
    public let events: [String]
    /// The cursor to go on with.
    public let next: Int64

    /// `{"events":[…],"next":"<cursor>"}`
    public var json: String { #"{"events":[\#(events.joined(separator: ","))],"next":"\#(next)"}"# }

    /// What was removed by retention or erasure is passed over; of what its sender deleted, text and file are not told.
    /// Times are those of WhatsApp, where there are any.
    private static let read: PostgresStatement = """
        with page as (
            select f.kind, f.detail, f.created_at, f.last_position - f.size + o.ord as position, o.message_id, o.status_id
            from whatsapp_feed f
            cross join lateral unnest(
                f.message_ids[greatest(1, $2 - f.last_position + f.size + 1):],
                f.status_ids[greatest(1, $2 - f.last_position + f.size + 1):]
            ) with ordinality as u (message_id, status_id, ord)
            cross join lateral (
                select u.message_id, u.status_id, u.ord + greatest(0, $2 - f.last_position + f.size) as ord) o
            where f.tenant_id = $1 and f.last_position > $2 and f.kind in ('message', 'status', 'media')
                and f.last_position <= $4
            union all
            select f.kind, f.detail, f.created_at, f.last_position, null, null
            from whatsapp_feed f
            where f.tenant_id = $1 and f.last_position > $2 and f.last_position <= $4 and f.kind = 'number'
            order by position limit $3
        )
        select p.position, case p.kind
            when 'number' then jsonb_build_object('cursor', p.position::text, 'type',
                case p.detail ->> 'status' when 'active' then 'number.resumed' else 'number.paused' end,
                'at', whatsapp_utc(p.created_at), 'number', p.detail)
            when 'status' then case
                when s.id is not null then jsonb_build_object('cursor', p.position::text,
                    'type', 'status.changed', 'at', whatsapp_utc(coalesce(s.at, s.created_at)),
                    'status', jsonb_build_object('message_id', t.id, 'conversation_id', t.conversation_id,
                        'wamid', s.wamid, 'status', s.status, 'quote_id', t.quote_id, 'errors', s.errors))
                -- Without a webhook. The words are those of the row, as long as it is where the event says.
                when m.id is not null then jsonb_build_object('cursor', p.position::text,
                    'type', 'status.changed', 'at', whatsapp_utc(p.created_at),
                    'status', jsonb_build_object('message_id', m.id, 'conversation_id', m.conversation_id,
                        'wamid', m.wamid, 'quote_id', m.quote_id, 'errors', null, 'reason',
                        case when m.reason_code = p.detail ->> 'reason_code' then m.reason end) || p.detail) end
            else case when m.id is not null then jsonb_build_object('cursor', p.position::text,
                'type', case when p.kind = 'media' then 'media.stored'
                    when m.direction = 'inbound' then 'message.received' else 'message.sent' end,
                'at', whatsapp_utc(case when p.kind = 'media' then p.created_at else m.sent_at end),
                'message', jsonb_build_object('id', m.id, 'conversation_id', m.conversation_id, 'wamid', m.wamid,
                    'direction', m.direction, 'type', m.type,
                    'text', case when m.revoked_at is null then m.text end, 'reply_to', m.reply_to,
                    'target_wamid', m.target_wamid, 'group_id', m.group_id,
                    'media_id', case when m.revoked_at is null then m.media_id end,
                    'media_mime_type', case when m.revoked_at is null then m.media_mime_type end,
                    'revoked_at', whatsapp_utc(m.revoked_at), 'customer_name', c.customer_name)) end
            end::text
        from page p
        left join whatsapp_messages m on m.id = p.message_id and m.tenant_id = $1
        left join whatsapp_conversations c on c.id = m.conversation_id
        left join whatsapp_message_statuses s on s.id = p.status_id and s.tenant_id = $1
        left join whatsapp_messages t on t.tenant_id = s.tenant_id and t.wamid = s.wamid
        order by p.position
        """
    /// Up to where a page has to look: the row in which its last event lies.
    private static let reach: PostgresStatement = """
        select min(last_position) from whatsapp_feed where tenant_id = $1 and last_position >= $2
        """

    static func read(
        tenant: Int64, after: Int64, limit: Int, in session: PostgresSession
    ) throws(PostgresError) -> EventPage {
        let after = max(0, min(after, Int64.max / 2))
        let limit = Int64(max(1, min(limit, 1_000)))
        // Positions are dense where nothing was removed, so the page ends in the row that holds `after + limit`.
        let last = try session.execute(reach, [.int8(tenant), .int8(after + limit)]).only().optionalInt64(0)
        var events: [String] = []
        var next = after
        for row in try session.execute(read, [.int8(tenant), .int8(after), .int8(limit), .int8(last ?? .max)]) {
            next = try row.int64(0)
            if let event = try row.optionalString(1) { events.append(event) }
        }
        return EventPage(events: events, next: next)
    }
}
