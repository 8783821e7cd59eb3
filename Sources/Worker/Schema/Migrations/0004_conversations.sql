-- Customers whose numbers and ids change, messages that change others, the feed of events, retention and erasure.

-- A number has one holder at a time. Before held_since it was previous_id's; a released number has no holder until
-- somebody writes from it. Business-scoped ids are never given away: both columns stay null for them.
alter table whatsapp_identities
    alter column conversation_id drop not null,
    add column held_since timestamptz,
    add column previous_id bigint;
create index whatsapp_identities_previous_id on whatsapp_identities (previous_id) where previous_id is not null;
create index whatsapp_conversations_merged_into on whatsapp_conversations (merged_into) where merged_into is not null;

-- A conversation that a transaction was about to write to was erased meanwhile: run the transaction again.
create function whatsapp_conversation_gone() returns bigint language plpgsql as $$
begin
    raise exception 'a conversation has gone' using errcode = '40001';
end $$;

-- What later messages made of an earlier one. Its own text, media and raw item stay as they were; each change is a row
-- of its own besides. These columns are derived from those rows, so that the order in which they come does not matter.
alter table whatsapp_messages
    add column edited_text text,
    add column edited_at timestamptz,
    -- Deleted by its author.
    add column revoked_at timestamptz,
    -- The latest of each person: [{"by": "customer" or "business", "emoji", "at"}].
    add column reactions jsonb,
    -- Of a message that changes another: when that one was there to be changed.
    add column applied_at timestamptz;
create index whatsapp_messages_target on whatsapp_messages (tenant_id, target_wamid) where target_wamid is not null;
create index whatsapp_messages_unapplied on whatsapp_messages (id) where target_wamid is not null and applied_at is null;

-- What happened, for readers that follow. One row for each transaction, tenant and kind, so that following costs the
-- writers next to nothing: message_ids or status_ids say which rows it added. Positions are given afterwards, to rows
-- that can be seen, by one transaction at a time: so they never appear behind a reader's back, however long a
-- transaction takes, and they survive a dump and its restoration, which transaction ids would not.
create table whatsapp_feed (
    id bigint generated always as identity primary key,
    tenant_id bigint not null,
    kind text collate "C" not null check (kind in ('message', 'status', 'number', 'media')),
    message_ids text[] collate "C",
    status_ids bigint[],
    detail jsonb,
    -- How many events it stands for.
    size integer not null check (size > 0),
    -- Of its last event; null until it has been numbered.
    last_position bigint,
    created_at timestamptz not null default now()
);
create index whatsapp_feed_waiting on whatsapp_feed (tenant_id, id) where last_position is null;
create unique index whatsapp_feed_position on whatsapp_feed (tenant_id, last_position) where last_position is not null;

-- How many events each tenant has had.
create table whatsapp_feed_positions (
    tenant_id bigint primary key,
    position bigint not null
);

create function whatsapp_number_event() returns trigger language plpgsql as $$
begin
    insert into whatsapp_feed (tenant_id, kind, detail, size) values (new.tenant_id, 'number', jsonb_build_object(
        'phone_number_id', new.phone_number_id, 'status', new.status, 'reason', new.status_reason), 1);
    return null;
end $$;
create trigger whatsapp_number_event after update of status on whatsapp_configs
    for each row when (old.status is distinct from new.status) execute function whatsapp_number_event();

create function whatsapp_utc(at timestamptz) returns text language sql stable parallel safe
    return to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- For how long a tenant's messages are kept, instead of RETENTION_DAYS; 0: for ever. Not shorter than Meta repeats what
-- it could not deliver, or what was removed would come back.
alter table tenants add column retention_days integer
    check (retention_days is null or retention_days = 0 or retention_days between 8 and 36500);

-- SHA-256 of the wamids of erased customers' messages: what must not come back when Meta repeats it.
create table whatsapp_erased (
    tenant_id bigint not null,
    hash bytea not null,
    erased_at timestamptz not null default now(),
    primary key (tenant_id, hash)
);
