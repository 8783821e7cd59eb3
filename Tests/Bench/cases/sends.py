"""Accepted sends per second of one Worker against the simulator, quote links to distinct customers, no throttle at Meta

Four numbers at 1,000/s each, so that a number's own rate is not what is measured. The clock runs from the first send that
the simulator took to the last whose row is accepted.
"""
import time

from stage import wait_until

SENDS = 20_000
NUMBERS = 4
WARM = 400
READY = "wa:{outbound}:ready"
ACCEPTED = "select count(*) from whatsapp_messages where direction = 'outbound' and wamid is not null"


def measure(stage, report):
    redis, postgres = stage.redis(), stage.postgres()
    tenants = stage.tenants(redis, postgres, NUMBERS)
    simulator = stage.simulator(tenants)
    postgres.sql("update whatsapp_configs set throttle_per_second = 1000")
    worker = stage.worker(redis, postgres, GRAPH_BASE_URL=simulator.url)
    open_windows(postgres, SENDS + WARM)
    _send(redis, postgres, tenants, WARM, "warm", first=SENDS)
    before = worker.cpu_seconds()

    start = time.monotonic()
    _send(redis, postgres, tenants, SENDS, "load")
    rate = SENDS / (time.monotonic() - start)
    cpu = (worker.cpu_seconds() - before) / SENDS * 1e6
    memory = worker.memory_mb("VmHWM")
    report.progress(f"{rate:.0f}/s, {cpu:.0f} us of the Worker's CPU each, {memory:.0f} MB at most")
    taken = simulator.taken()
    if taken != SENDS + WARM:
        raise RuntimeError(f"the simulator took {taken} sends of {SENDS + WARM}")
    report.limit("accepted sends", rate, "/s", at_least=2000)
    report.figure("the Worker's CPU for each", cpu, "us")
    report.limit("the Worker's memory while sending", memory, "MB", at_most=150)


def open_windows(postgres, count):
    """Has each of the numbered customers written to each of the tenants just now."""
    postgres.sql(
        f"with c as (insert into whatsapp_conversations (tenant_id, last_inbound_at) select id, now() from tenants, "
        f"generate_series(1, {count}) returning id, tenant_id) insert into whatsapp_identities (tenant_id, kind, value, "
        f"conversation_id) select tenant_id, 'phone', (16500000000 + row_number() over (partition by tenant_id) - 1)"
        f"::text, id from c")
    postgres.sql("analyze")


def requests(tenants, count, name, first=0):
    """Short-form jobs, as a producer outside of the program writes them, each to another customer."""
    for number in range(first, first + count):
        tenant = tenants[number % len(tenants)]
        yield (b'{"type":"quote_link","payload":{"tenant":"%d","to":"+1650%07d","quote":{"id":"%b-%d",'
               b'"url":"https://quotes.example/%d"}}}' % (tenant.id, number, name.encode(), number, number))


def _send(redis, postgres, tenants, count, name, first=0):
    before = int(postgres.sql(ACCEPTED))
    redis.push_all(READY, requests(tenants, count, name, first))
    wait_until(lambda: int(postgres.sql(ACCEPTED)) - before >= count, 180, f"accepting {count} sends", every=0.1)
