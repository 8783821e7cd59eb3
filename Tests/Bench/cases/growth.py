"""Drain with a million jobs waiting, and with five million messages stored, against the empty system"""
import time

from cases.drain import COUNT, READY, drain
from stage import wait_until
from webhook import elements

LONG = True
JOBS = 60_000
WAITING = 1_000_000
STORED = 5_000_000

PRELOAD = """
insert into whatsapp_conversations (tenant_id, customer_name)
select tenant_id, 'Earlier customer ' || n from whatsapp_configs, generate_series(1, 100000) n;
insert into whatsapp_messages (id, tenant_id, conversation_id, wamid, direction, type, status, text, sent_at, raw)
select lpad(n::text, 26, '0'), tenant_id, conversation, 'wamid.earlier' || lpad(n::text, 24, '0'), 'inbound', 'text',
       'read', 'Could you send me a quote for ten of these, please?', now() - interval '1 year' + n * interval '6 seconds',
       '{}'::bytea
from whatsapp_configs,
     (select n, (select min(id) from whatsapp_conversations) + n %% 100000 as conversation
      from generate_series(1, %d) n) numbers;
vacuum analyze;
checkpoint;
"""


def measure(stage, report):
    redis, postgres = stage.redis(), stage.postgres(max_wal_size="4GB")
    stage.tenant(redis, postgres)
    empty, worker = drain(stage, redis, postgres, JOBS)
    worker.stop()
    report.progress(f"empty system: {empty:.0f}/s")

    redis.push_all(READY, elements(WAITING, start=JOBS))
    before, start = int(postgres.sql(COUNT)), time.monotonic()
    worker = stage.worker(redis, postgres, wait=False)
    wait_until(lambda: redis.send("LLEN", READY) <= WAITING - JOBS, 300, "taking the first jobs of many", every=0.01)
    rate = (int(postgres.sql(COUNT)) - before) / (time.monotonic() - start)
    report.progress(f"with {WAITING:,} jobs waiting: {rate:.0f}/s")
    report.ratio(f"drain with {WAITING:,} jobs waiting", rate, "/s", "empty system", empty, at_least=0.8)
    worker.stop()
    redis.send("FLUSHALL")

    report.progress(f"storing {STORED:,} messages beforehand ...")
    postgres.sql(PRELOAD % STORED)
    rate, _ = drain(stage, redis, postgres, JOBS, first_number=WAITING + JOBS)
    report.progress(f"with {STORED:,} messages stored: {rate:.0f}/s")
    report.ratio(f"drain with {STORED:,} messages stored", rate, "/s", "empty system", empty, at_least=0.8)
