-- What ends the sessions of a tenant's sign-in links: each holds the number of its time, and "tenant rotate-key" counts on.
alter table tenants add column link_epoch bigint not null default 0;

-- The console's list of conversations, in its order.
create index whatsapp_conversations_latest
    on whatsapp_conversations (tenant_id, (coalesce(last_message_at, created_at)) desc, id desc) where merged_into is null;
