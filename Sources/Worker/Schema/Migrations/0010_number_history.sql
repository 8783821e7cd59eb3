-- Whose a number was, and when, is worked out from everything that was said about it, in whatever order it came.

alter table whatsapp_messages
    -- The number that came beside the customer's id; named_by is the number that came without one.
    add column with_number text collate "C",
    -- Of WhatsApp's news that a customer changed the number: the new one. The old one is named_by or with_number.
    add column changed_to text collate "C";
create index whatsapp_messages_changed_from on whatsapp_messages (tenant_id, coalesce(named_by, with_number))
    where changed_to is not null;
create index whatsapp_messages_changed_to on whatsapp_messages (tenant_id, changed_to) where changed_to is not null;

-- What is known of numbers beside messages: calls, what came with news of a change, and what was known of a number when it
-- was first found to have gone from one person to another.
create table whatsapp_number_facts (
    tenant_id bigint not null,
    number text collate "C" not null,
    at timestamptz not null,
    -- Who had it then; null: nobody knows.
    conversation_id bigint,
    -- Whether it was somebody else's before.
    is_change boolean not null default false,
    unique nulls not distinct (tenant_id, number, at, conversation_id, is_change)
);
create index whatsapp_number_facts_conversation on whatsapp_number_facts (conversation_id);

alter table whatsapp_identities
    -- Of a number that went from one person to another: the conversations that may hold messages from it. Null for all
    -- others, whose messages are all their holder's.
    add column seen_in bigint[],
    -- When all that was known was last worked out; moved_at is when something was last told that bears upon it, and null
    -- once nothing can come any more that did not know.
    add column settled_at timestamptz;

-- What earlier versions found out.
insert into whatsapp_number_facts (tenant_id, number, at, conversation_id, is_change)
select tenant_id, value, held_since, conversation_id, true from whatsapp_identities
where kind = 'phone' and held_since is not null and (previous_id is not null or acquired)
union all
select tenant_id, value, to_timestamp(0), previous_id, false from whatsapp_identities
where kind = 'phone' and held_since is not null and previous_id is not null;
update whatsapp_identities set seen_in = array_remove(array[conversation_id, previous_id], null)
where kind = 'phone' and (previous_id is not null or acquired);

select quoteline_tenant_setup();
