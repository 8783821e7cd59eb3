-- The files that come with messages: fetched by jobs of their own, kept outside the database.

-- One row for each message that brings a file, written with the message; the row is the truth, a Redis job only its turn.
-- pending -> stored or failed.
create table whatsapp_media (
    message_id text collate "C" primary key,
    tenant_id bigint not null,
    -- The number that it came to.
    phone_number_id text collate "C" not null,
    -- Meta's.
    media_id text collate "C" not null,
    state text collate "C" not null default 'pending' check (state in ('pending', 'stored', 'failed')),
    created_at timestamptz not null default now(),
    -- After that Meta has forgotten the file.
    expires_at timestamptz not null,
    -- When the next attempt may begin.
    due_at timestamptz not null default now(),
    -- When Redis was last given a turn for it, or will have one; null: it needs one when it is due.
    turn_at timestamptz,
    -- The job that is at it, and until when that is believed without its doing anything.
    job_id text collate "C",
    busy_until timestamptz,
    attempts integer not null default 0,
    -- Attempts of which nothing was heard again.
    lost integer not null default 0,
    -- Why it is not there (yet): a stable code for grouping, and plain words.
    reason_code text collate "C",
    reason text,
    -- Of what is stored.
    mime_type text collate "C",
    size bigint,
    sha256 bytea,
    ended_at timestamptz
);
create index whatsapp_media_pending on whatsapp_media (tenant_id, due_at) where state = 'pending';
create index whatsapp_media_media_id on whatsapp_media (tenant_id, media_id);

-- Finds messages whose file nobody looks after: an older Worker stored them.
create index whatsapp_messages_media on whatsapp_messages (id) where media_id is not null;

-- Files that have to go, because their message has gone. A file is removed at once, and once more later, when nobody can
-- be writing it any more; only then its row goes. So no file is left that nothing points to.
create table whatsapp_media_removals (
    message_id text collate "C" primary key,
    tenant_id bigint not null,
    created_at timestamptz not null default now(),
    removed_at timestamptz
);
create index whatsapp_media_removals_waiting on whatsapp_media_removals (created_at) where removed_at is null;

-- Whoever removes messages, for whatever reason, removes their files.
create function whatsapp_media_forget() returns trigger language plpgsql as $$
begin
    with gone as (
        delete from whatsapp_media m using removed r where m.message_id = r.id
        returning m.message_id, m.tenant_id)
    insert into whatsapp_media_removals (message_id, tenant_id) select message_id, tenant_id from gone
    on conflict do nothing;
    return null;
end $$;
create trigger whatsapp_media_forget after delete on whatsapp_messages referencing old table as removed
    for each statement execute function whatsapp_media_forget();

-- Behind the tenants' scope, where that is set up.
do $$
begin
    if to_regprocedure('quoteline_tenant_setup()') is not null then
        perform quoteline_tenant_setup();
    end if;
end $$;
