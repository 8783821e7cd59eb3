-- The core tables: tenants and their numbers, customers and their conversations, what was said, what happened to it.
-- Texts that are only ever compared for equality or by byte order use the C collation: its comparisons are the cheapest
-- and do not change with the system's locale data.

create table tenants (
    id bigint generated always as identity primary key,
    name text not null,
    created_at timestamptz not null default now(),
    disabled_at timestamptz
);

-- One WhatsApp number for each tenant. access_token is sealed: AES-256-GCM, bound to tenant and number.
create table whatsapp_configs (
    tenant_id bigint primary key references tenants,
    phone_number_id text collate "C" not null unique,
    waba_id text collate "C",
    display_phone_number text,
    access_token bytea not null,
    access_token_last4 text,
    access_token_set_at timestamptz not null default now(),
    access_token_set_by text not null,
    is_active boolean not null default true,
    status text not null default 'active',
    status_reason text,
    throttle_per_second integer not null default 80 check (throttle_per_second between 1 and 1000),
    template_name text,
    template_language text,
    default_body text,
    link_hosts text[] not null default '{}',
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create index whatsapp_configs_waba_id on whatsapp_configs (waba_id);

-- Bearer keys of the HTTP API: only a SHA-256 digest is kept.
create table api_keys (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references tenants,
    key_hash bytea not null unique,
    last4 text not null,
    created_at timestamptz not null default now(),
    created_by text not null,
    revoked_at timestamptz
);

create index api_keys_tenant_id on api_keys (tenant_id);

-- Who changed what, when and from where. Never a secret.
create table audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    actor text not null,
    action text not null,
    tenant_id bigint,
    detail jsonb not null default '{}',
    origin text
);

-- For each encryption key a known text sealed under it, so that a wrong key is named at start.
create table encryption_check (
    key_id text collate "C" primary key,
    sealed bytea not null,
    created_at timestamptz not null default now()
);

-- Tenant x customer. Updated by every batch that brings a message: the free space keeps those updates on the page, and
-- no index stands on a column that they change.
create table whatsapp_conversations (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references tenants,
    customer_name text,
    customer_username text,
    last_message_at timestamptz,
    last_inbound_at timestamptz,
    merged_into bigint references whatsapp_conversations,
    created_at timestamptz not null default now()
) with (fillfactor = 70);

create index whatsapp_conversations_tenant_id on whatsapp_conversations (tenant_id);

-- How a customer is known: phone (wa_id, digits) or user_id (business-scoped, Meta's BSUID). Either may be missing.
-- No foreign keys here for the same reason as at the messages below.
create table whatsapp_identities (
    tenant_id bigint not null,
    kind text collate "C" not null check (kind in ('phone', 'user_id')),
    value text collate "C" not null,
    conversation_id bigint not null,
    first_seen_at timestamptz not null default now(),
    primary key (tenant_id, kind, value)
);

create index whatsapp_identities_conversation_id on whatsapp_identities (conversation_id);

-- Both directions. id is a ULID, so the primary key grows at its right edge. There is no foreign key to the
-- conversation: at tens of thousands of rows a second its check would cost as much as the row, and the only code that
-- removes conversations removes their messages with them.
create table whatsapp_messages (
    id text collate "C" primary key,
    tenant_id bigint not null,
    conversation_id bigint not null,
    wamid text collate "C",
    direction text collate "C" not null check (direction in ('inbound', 'outbound')),
    type text collate "C" not null,
    status text collate "C" not null,
    text text,
    reply_to text collate "C",
    target_wamid text collate "C",
    group_id text collate "C",
    media_id text collate "C",
    media_mime_type text,
    media_sha256 text collate "C",
    media_filename text,
    errors jsonb,
    sent_at timestamptz not null,
    created_at timestamptz not null default now(),
    raw bytea,
    unique (tenant_id, wamid)
);

create index whatsapp_messages_conversation on whatsapp_messages (conversation_id, sent_at);

-- Every status webhook once. A status may come before its message is known: it is kept here and applied later.
create table whatsapp_message_statuses (
    id bigint generated always as identity primary key,
    tenant_id bigint not null,
    wamid text collate "C" not null,
    status text collate "C" not null,
    participant text collate "C",
    at timestamptz,
    recipient_wa_id text collate "C",
    recipient_user_id text collate "C",
    callback_data text collate "C",
    errors jsonb,
    created_at timestamptz not null default now(),
    raw bytea not null,
    unique nulls not distinct (tenant_id, wamid, status, participant)
);

-- Account, template and other fields, errors of a number, and items without an identifier of their own.
create table whatsapp_events (
    id bigint generated always as identity primary key,
    tenant_id bigint,
    waba_id text collate "C",
    phone_number_id text collate "C",
    field text collate "C" not null,
    occurred_at timestamptz,
    content_hash bytea not null,
    created_at timestamptz not null default now(),
    raw bytea not null,
    -- The number belongs to the key: two numbers of one account may report the same error in the same bytes.
    unique nulls not distinct (waba_id, phone_number_id, field, occurred_at, content_hash)
);

create index whatsapp_events_tenant_id on whatsapp_events (tenant_id, id);

-- Changes of numbers that no tenant has: kept whole, stored by themselves once a tenant has the number.
create table whatsapp_unrouted (
    id bigint generated always as identity primary key,
    phone_number_id text collate "C" not null,
    waba_id text collate "C",
    entry_time timestamptz,
    content_hash bytea not null,
    received_at timestamptz not null,
    created_at timestamptz not null default now(),
    change bytea not null,
    unique nulls not distinct (phone_number_id, waba_id, entry_time, content_hash)
);

-- Takes a number's changes in the order in which they came, however many there are.
create index whatsapp_unrouted_number_order on whatsapp_unrouted (phone_number_id, id);

-- How far a message has come. Statuses only move forward; a failure sticks to its attempt; what is unknown yields to any.
create function whatsapp_status_rank(status text) returns integer
    language sql immutable parallel safe
    return case status
        when 'unknown' then 0
        when 'queued' then 1
        when 'sending' then 2
        when 'accepted' then 3
        when 'sent' then 4
        when 'delivered' then 5
        when 'read' then 6
        when 'played' then 7
        when 'failed' then 100
        else -1
    end;
