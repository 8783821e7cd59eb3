"""A busy console's data, made by set-based statements: what a few years of one tenant leave behind."""
import itertools
import time

CONVERSATIONS = 10_000
MESSAGES = 1_000_000
LONGEST = 50_000   # messages of the longest thread
LATELY = 36_000    # messages of the last hour
NUMBERS = 100

SQL = """
create function pg_temp.ulid(at timestamptz, n bigint) returns text language sql immutable as $$
    select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ',
        (((extract(epoch from at) * 1000)::bigint >> (5 * (9 - i))) & 31)::int + 1, 1), '' order by i)
        || lpad(n::text, 16, '0')
    from generate_series(0, 9) i $$;

insert into tenants (name) select 'Business ' || n from generate_series(2, %(numbers)d) n;
insert into whatsapp_configs (tenant_id, phone_number_id, waba_id, access_token, access_token_set_by)
select id, (100000000000000 + id - 1)::text, '2000', '\\x00', 'bench' from tenants where id <> %(tenant)d;
insert into api_keys (tenant_id, key_hash, last4, created_by)
select %(tenant)d, sha256(n::text::bytea), '0000', 'bench' from generate_series(1, 20) n;

-- Conversation 1 is the longest and the latest; the others get messages in turn.
create temp table numbered as
    select n, case when n %% %(every)d = 0 then 1 else 1 + n %% %(conversations)d end as place,
        now() - (%(messages)d - n) * case when n > %(messages)d - %(lately)d then interval '100 milliseconds'
            else interval '25 seconds' end as at, n %% 2 = 0 as ours
    from generate_series(1, %(messages)d) n;
insert into whatsapp_conversations (tenant_id, customer_name, customer_username, last_message_at, last_inbound_at, created_at)
select %(tenant)d, 'Customer ' || place, case when place %% 3 = 0 then 'user.' || place end,
    case when place = 1 then now() else max(at) end, max(at) filter (where not ours), min(at)
from numbered group by place order by place;
create temp table places as
    select id, row_number() over (order by id) as place from whatsapp_conversations where tenant_id = %(tenant)d;
insert into whatsapp_identities (tenant_id, kind, value, conversation_id)
select %(tenant)d, 'phone', (16500000000 + place)::text, id from places
union all select %(tenant)d, 'user_id', 'US.' || md5(place::text), id from places where place %% 2 = 0;

insert into whatsapp_messages (id, tenant_id, conversation_id, wamid, direction, type, status, text, sent_at, created_at,
    raw, request, origin, phone_number_id, recipient, quote_id, reply_to, reactions, edited_text, edited_at, attempts)
select case when n > %(messages)d - %(lately)d then pg_temp.ulid(at, n) else lpad(n::text, 26, '0') end, %(tenant)d, p.id,
    'wamid.bench' || lpad(n::text, 24, '0'), case when ours then 'outbound' else 'inbound' end,
    case when ours and n %% 10 = 0 then 'quote_link' else 'text' end,
    case when not ours then 'received' when n %% 50 = 0 then 'failed' else 'read' end,
    'Could you send me a quote for ' || n || ' of these, please? They are 1.20 by 1.40 metres.', at, at,
    case when not ours then '{}'::bytea end,
    case when ours and n %% 10 = 0 then jsonb_build_object('type', 'quote_link', 'to', '+1' || n,
        'quote', jsonb_build_object('id', 'Q-' || n, 'url', 'https://quotes.example/' || n)) end,
    case when ours then 'api' end, case when ours then '100000000000000' end, case when ours then '+1650' || place end,
    case when ours and n %% 10 = 0 then 'Q-' || n end,
    case when n %% 25 = 0 then 'wamid.bench' || lpad((n - %(conversations)d)::text, 24, '0') end,
    case when n %% 40 = 0 then '[{"by": "customer", "emoji": "👍", "at": "2026-01-01T00:00:00Z"}]'::jsonb end,
    case when n %% 200 = 0 then 'Edited: ' || n end, case when n %% 200 = 0 then at end, ours::int
from numbered join places p using (place);
insert into whatsapp_message_statuses (tenant_id, wamid, status, at, raw)
select %(tenant)d, 'wamid.bench' || lpad(n::text, 24, '0'), s, at, '{}'
from numbered, unnest(array['sent', 'delivered', 'read']) s where ours and n > %(messages)d - 300000;
insert into whatsapp_send_attempts (message_id, attempt, tenant_id, started_at, ended_at, outcome, wamid)
select id, 1, tenant_id, sent_at, sent_at, 'accepted', wamid from whatsapp_messages where direction = 'outbound';
update whatsapp_messages set status = 'queued', due_at = now(), wamid = null
where id in (select id from whatsapp_messages where direction = 'outbound' order by id desc limit 5000);
insert into whatsapp_feed (tenant_id, kind, message_ids, size, last_position)
select %(tenant)d, 'message', array_agg(id order by id), count(*), max(position)
from (select id, row_number() over (order by id) as position from whatsapp_messages) m group by (position - 1) / 50
order by 5;
insert into whatsapp_feed_positions values (%(tenant)d, %(messages)d);
insert into whatsapp_unrouted (phone_number_id, content_hash, received_at, change)
select (300000000000000 + n %% 500)::text, sha256(n::text::bytea), now() - n * interval '1 minute', '{}'
from generate_series(1, 20000) n;
drop table numbered, places;
vacuum analyze;
checkpoint;
"""


def fill_postgres(postgres, tenant):
    postgres.sql(SQL % {"tenant": tenant, "conversations": CONVERSATIONS, "messages": MESSAGES, "lately": LATELY,
                        "every": MESSAGES // LONGEST, "numbers": NUMBERS})


def fill_redis(redis):
    now = int(time.time() * 1000)
    redis.push_all("wa:{inbound}:ready", (_element("W", n, now) for n in range(100_000)))
    for worker in range(3):
        name = f"bench-worker-{worker}"
        redis.send("ZADD", "wa:{inbound}:workers", now + 3_600_000, name)
        redis.push_all(f"wa:{{inbound}}:claimed:{name}", (_element(f"C{worker}", n, now) for n in range(500)))
    _add_all(redis, "wa:{inbound}:scheduled",
             ((now + 60_000 + n // 10, _element("S", n, now, "timeout")) for n in range(10_000)))
    _add_all(redis, "wa:{inbound}:dead", (
        (now - 10_000_000 + n // 10, _element("D", n, now, "rare" if n % 1000 == 999 else f"code-{n % 7}"))
        for n in range(10_000)))
    for lane in range(NUMBERS):
        number = 100_000_000_000_000 + lane
        redis.send("ZADD", "wa:{outbound}:lanes", now + 3_600_000, number)
        redis.push_all(f"wa:{{outbound}}:lane:{number}", (_turn(lane, n, now) for n in range(100)))
    redis.send("HSET", "wa:{outbound}:lanes:paused", 100_000_000_000_003,
               '{"since":%d,"by":"bench","reason":"token rejected"}' % now)


def _element(kind, number, now, error=None):
    note = b',"error":{"code":"%b","text":"It did not work the way it should"}' % error.encode() if error else b""
    return (b'{"v":1,"id":"01BENCH%b%019d","type":"webhook","received_at":%d,"attempt":3,"crashes":0%b,"payload":'
            b'{"object":"whatsapp_business_account","entry":[{"id":"2000","changes":[{"value":{"messages":[{"from":'
            b'"16500000000","text":{"body":"%b"}}]},"field":"messages"}]}]}}' % (
                kind.encode(), number, now - 600_000 + number, note, b"Could you send me a quote? " * 12))


def _turn(lane, number, now):
    return (b'{"v":1,"id":"01BENCHL%03d%015d","type":"turn","received_at":%d,"attempt":0,"crashes":0,"payload":{}}'
            % (lane, number, now))


def _add_all(redis, key, pairs):
    pairs = iter(pairs)
    while some := list(itertools.islice(pairs, 500)):
        redis.send("ZADD", key, *itertools.chain.from_iterable(some))
