-- Dead letters and discarded jobs that have left Redis, byte for byte.
--
-- A row is written before its job is taken out of Redis: removed_at is null while nobody has seen it leave. The unique
-- constraint makes a repeated run find the row of a run that was cut off, so that each job stands here once.

create table archived_jobs (
    id bigint generated always as identity primary key,
    queue text collate "C" not null,
    place text collate "C" not null check (place in ('ready', 'scheduled', 'dead')),
    job_id text collate "C",
    type text collate "C" not null,
    error_code text collate "C",
    error_text text,
    received_at timestamptz,
    -- When it died or was due; for a waiting job, when it was accepted.
    placed_at timestamptz not null,
    purpose text collate "C" not null check (purpose in ('archive', 'discard')),
    element bytea not null,
    element_hash bytea not null,
    archived_at timestamptz not null default now(),
    removed_at timestamptz,
    unique (queue, element_hash, placed_at)
);

create index archived_jobs_job_id on archived_jobs (job_id);
create index archived_jobs_archived_at on archived_jobs (archived_at);
