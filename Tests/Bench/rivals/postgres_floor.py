"""What Postgres alone takes: inserts of the same content into two lean tables, by pgbench, without any reader of JSON."""
SCHEMA = """
drop schema if exists floor cascade;
create schema floor;
create table floor.person (id bigint generated always as identity primary key, phone text unique, name text,
    last_message_at timestamptz) with (fillfactor = 70);
create table floor.message (id bigint generated always as identity primary key, person_id bigint not null,
    wamid text not null unique, direction text not null, type text not null, body text, raw bytea,
    sent_at timestamptz not null);
create index on floor.message (person_id, sent_at);
"""
BODY = "Could you send me a quote for ten of these, please?"
RAW = '{"from":"15550100000","id":"wamid.bench000000000000000000000000","timestamp":"1750000000","type":"text",' \
      '"text":{"body":"Could you send me a quote for ten of these, please?"}}'


def script(batch, customers=5000):
    """One transaction that stores `batch` messages of different people, people first and in key order."""
    return f"""
\\set first random(1, {customers})
with incoming as materialized (
    select 'wamid.' || gen_random_uuid() as wamid, (15550100000 + (:first + n * 7) % {customers})::text as phone
    from generate_series(1, {batch}) n
), people as (
    insert into floor.person (phone, name, last_message_at)
    select distinct on (phone) phone, 'Customer', now() from incoming order by phone
    on conflict (phone) do update
        set name = excluded.name, last_message_at = greatest(floor.person.last_message_at, excluded.last_message_at)
    returning id, phone
)
insert into floor.message (person_id, wamid, direction, type, body, raw, sent_at)
select people.id, wamid, 'inbound', 'text', '{BODY}', convert_to('{RAW}', 'UTF8'), now()
from incoming join people using (phone)
on conflict (wamid) do nothing;
"""


def measure(postgres, batch, seconds, clients):
    """Messages stored per second."""
    postgres.sql(SCHEMA)
    postgres.pgbench(script(batch), seconds, clients)
    return int(postgres.sql("select count(*) from floor.message")) / seconds
