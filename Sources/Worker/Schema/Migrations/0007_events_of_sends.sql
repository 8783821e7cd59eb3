-- Sends that end without a status webhook are events, too; and messages follow a number that went to somebody else.

-- Refused at once, expired, cancelled, given up, unknown, held. A failure that a status webhook reported is an event
-- already, and has no reason before it is judged. The words stay in the row, so that nothing of a customer is kept here.
create function whatsapp_send_event() returns trigger language plpgsql as $$
begin
    insert into whatsapp_feed (tenant_id, kind, message_ids, detail, size) values (new.tenant_id, 'status', array[new.id],
        jsonb_build_object('status', new.status, 'reason_code', new.reason_code, 'held', new.held), 1);
    return null;
end $$;
create trigger whatsapp_send_event after update of status, held on whatsapp_messages
    for each row when (new.request is not null and new.reason_code is not null
        and new.status in ('failed', 'expired', 'cancelled', 'unknown')
        and (old.status <> new.status or (new.held and not old.held)))
    execute function whatsapp_send_event();

-- When a number turns out to have gone to somebody else, what named its customer by the number alone goes with it.
alter table whatsapp_messages add column named_by text collate "C";
alter table whatsapp_identities
    -- When the number was last found to have gone from previous_id to conversation_id; null once all has followed.
    add column moved_at timestamptz,
    -- WhatsApp said that the holder has it since then: whoever wrote from it before was somebody else.
    add column acquired boolean not null default false;
create index whatsapp_identities_moved on whatsapp_identities (tenant_id, value) where moved_at is not null;
