-- Whose a number was, and when, is worked out from everything that was said about it, in whatever order it came.

alter table whatsapp_messages
    -- The number that came beside the customer's id; named_by is the number that came without one.
    add column with_number text collate "C";

-- What is known of numbers, so that it outlives the messages that told it: who was seen with one, and when one was changed
-- for another. Of numbers that one person had and nobody else only calls and news are here; their messages tell the rest.
create table whatsapp_number_facts (
    tenant_id bigint not null,
    number text collate "C" not null,
    at timestamptz not null,
    -- By which message, where that is needed: it decides about what happened at the same time.
    told_by text collate "C" not null default '',
    -- Who had it then. Null: whoever had changed_from, or nobody knows.
    conversation_id bigint,
    -- They had not had it before.
    is_change boolean not null default false,
    -- The number that was given up for it.
    changed_from text collate "C",
    unique nulls not distinct (tenant_id, number, at, told_by, conversation_id, is_change, changed_from)
);
create index whatsapp_number_facts_conversation on whatsapp_number_facts (conversation_id);
create index whatsapp_number_facts_changed_from on whatsapp_number_facts (tenant_id, changed_from)
    where changed_from is not null;

alter table whatsapp_identities
    -- Of a number that went from one person to another: the conversations that may hold messages from it. Null for all
    -- others, whose messages are all their holder's.
    add column seen_in bigint[],
    -- When something was last told that bears upon whose it was; null once nothing can come any more that did not know.
    -- moved_at is what earlier versions have for that.
    add column told_at timestamptz,
    -- When all that is known was last worked out.
    add column settled_at timestamptz;
create index whatsapp_identities_told on whatsapp_identities (tenant_id, value) where told_at is not null;

-- What earlier versions found out.
insert into whatsapp_number_facts (tenant_id, number, at, conversation_id, is_change)
select tenant_id, value, held_since, conversation_id, true from whatsapp_identities
where kind = 'phone' and held_since is not null and (previous_id is not null or acquired)
union all
select tenant_id, value, to_timestamp(0), previous_id, false from whatsapp_identities
where kind = 'phone' and held_since is not null and previous_id is not null;
update whatsapp_identities set seen_in = array_remove(array[conversation_id, previous_id], null),
    told_at = case when moved_at is not null then now() end
where kind = 'phone' and (previous_id is not null or acquired);

select quoteline_tenant_setup();
