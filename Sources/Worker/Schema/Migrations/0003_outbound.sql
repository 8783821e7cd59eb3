-- Sends: the message's row is the truth, a Redis job only its turn.
--
-- A send is a row of whatsapp_messages with direction 'outbound' and a request. Its status walks
-- queued -> sending -> accepted -> sent -> delivered -> read, or ends as failed, expired or cancelled, or is unknown until
-- a status webhook or a person settles it. Each step is a compare-and-set on status and attempts.

alter table whatsapp_messages
    add column idempotency_key text collate "C",
    -- SHA-256 of the normalised request: the same key with another request is a conflict.
    add column request_hash bytea,
    add column request jsonb,
    -- Which way it was asked for: api, redis, outbox, command, console.
    add column origin text collate "C",
    add column phone_number_id text collate "C",
    -- +E.164, or the customer's BSUID.
    add column recipient text collate "C",
    -- The WhatsApp id in Meta's answer; it may differ from the recipient.
    add column recipient_wa_id text collate "C",
    add column quote_id text collate "C",
    add column quote_version integer,
    -- When the next attempt may begin; 'infinity' while it waits for the customer's window to open.
    add column due_at timestamptz,
    -- When Redis was last given a turn for it, or will have one; null: it needs one when it is due.
    add column turn_at timestamptz,
    -- When Meta last refused it for a closed window: only what the customer writes later opens that again.
    add column closed_at timestamptz,
    add column expires_at timestamptz,
    add column on_unknown text collate "C" check (on_unknown in ('resend', 'hold')),
    add column on_closed text collate "C" check (on_closed in ('template', 'wait', 'fail')),
    add column attempts integer not null default 0,
    -- When the attempt began that is under way or unknown; and whose it is: <worker>/<batch>.
    add column state_since timestamptz,
    add column sender text collate "C",
    -- Of an unknown outcome: when intake was seen to live after the attempt began. Its grace counts from there.
    add column intake_at timestamptz,
    -- Resends after an unknown outcome; at most one.
    add column resends integer not null default 0,
    -- Held for a person: no rule will move it.
    add column held boolean not null default false,
    -- Why it is where it is: a stable code for grouping, and plain words.
    add column reason_code text collate "C",
    add column reason text;

create unique index whatsapp_messages_idempotency_key on whatsapp_messages (tenant_id, idempotency_key)
    where idempotency_key is not null;
create index whatsapp_messages_quote on whatsapp_messages (tenant_id, quote_id) where quote_id is not null;
-- What the sweeps look for; each index holds only rows that are under way. By number, so that one number's flood, or one
-- that is paused, is passed over.
create index whatsapp_messages_queued on whatsapp_messages (phone_number_id, due_at) where status = 'queued';
create index whatsapp_messages_waiting on whatsapp_messages (id) where status = 'queued' and due_at = 'infinity';
create index whatsapp_messages_open on whatsapp_messages (state_since)
    where status in ('sending', 'unknown') and not held;
create index whatsapp_messages_held on whatsapp_messages (tenant_id) where held;
create index whatsapp_messages_expiring on whatsapp_messages (expires_at) where status = 'queued';
-- Failures that came as a status webhook and have not been judged by the error table yet.
create index whatsapp_messages_unjudged on whatsapp_messages (id)
    where status = 'failed' and direction = 'outbound' and request is not null and reason_code is null;

-- One row for each time that a send was handed to Meta, whatever came of it.
create table whatsapp_send_attempts (
    message_id text collate "C" not null,
    attempt integer not null,
    tenant_id bigint not null,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    -- Went out as the tenant's template, because the window was closed.
    as_template boolean not null default false,
    -- accepted, refused, not_sent, unknown, or failed: taken by Meta, and a status said later that it failed; null while
    -- it is under way.
    outcome text collate "C",
    -- Meta's error code.
    code integer,
    explanation text,
    wamid text collate "C",
    primary key (message_id, attempt)
);
create index whatsapp_send_attempts_wamid on whatsapp_send_attempts (tenant_id, wamid) where wamid is not null;

-- Requests that the quoting app writes in its own transaction. A row is taken once: done_at says when, message_id what
-- became of it, error why it can't be sent.
create table whatsapp_outbox (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references tenants,
    idempotency_key text collate "C",
    request jsonb not null,
    created_at timestamptz not null default now(),
    done_at timestamptz,
    message_id text collate "C",
    error text
);
create index whatsapp_outbox_waiting on whatsapp_outbox (id) where done_at is null;

create function whatsapp_outbox_notify() returns trigger language plpgsql as $$
begin
    perform pg_notify('whatsapp_outbox', '');
    return null;
end $$;
create trigger whatsapp_outbox_notify after insert on whatsapp_outbox
    for each statement execute function whatsapp_outbox_notify();
