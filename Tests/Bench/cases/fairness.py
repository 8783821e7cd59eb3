"""One quote link of a small tenant behind 50,000 admitted sends of another: from its push to the simulator's acceptance

Then, while the large tenant's sends go out at their number's rate, what each of them costs Redis: the commands that the
Worker sends it, its idle ones included, and beside them the calls that its scripts make inside Redis.
"""
import time

from cases.sends import READY, open_windows, requests
from stage import wait_until

FLOOD = 50_000
TRIES = 10
WATCHED_SECONDS = 10


def measure(stage, report):
    redis, postgres = stage.redis(), stage.postgres()
    large, small = stage.tenants(redis, postgres, 2)
    simulator = stage.simulator([large, small])
    stage.worker(redis, postgres, GRAPH_BASE_URL=simulator.url)
    open_windows(postgres, FLOOD + TRIES)
    redis.push_all(READY, requests([large], FLOOD, "flood"))
    lane = f"wa:{{outbound}}:lane:{large.number}"
    wait_until(lambda: redis.send("LLEN", READY) == 0 and redis.send("LLEN", lane) > FLOOD * 3 / 4, 120,
               "admitting the flood")
    waits = []
    for number in range(TRIES):
        start = time.monotonic()
        redis.push_all(READY, requests([small], 1, "small", first=FLOOD + number))
        wait_until(lambda: _accepted(postgres, small, f"small-{FLOOD + number}"), 10, "sending the small tenant's quote",
                   every=0.01)
        waits.append(time.monotonic() - start)
    report.progress(f"ten in turn: {', '.join(f'{wait:.2f}' for wait in waits)} s; "
                    f"{redis.send('LLEN', lane)} of the other's still waited")
    report.limit("a quote link behind 50,000 sends of another tenant, slowest of 10", max(waits), "s", at_most=1)
    before = simulator.taken()
    sent, called = redis.monitor(WATCHED_SECONDS)
    throttled = simulator.taken() - before
    if throttled < WATCHED_SECONDS * 10:
        raise RuntimeError(f"only {throttled} sends went out in {WATCHED_SECONDS} s")
    report.progress(f"{throttled} throttled sends in {WATCHED_SECONDS} s: {sent} commands, {called} calls of scripts")
    report.limit("Redis commands for each throttled send", sent / throttled, "", at_most=5)
    report.figure("calls that scripts make in Redis for each", called / throttled)
    report.limit("sends a second of a number that may 80", throttled / WATCHED_SECONDS, "/s", at_least=72)


def _accepted(postgres, tenant, quote):
    return postgres.sql("select count(*) from whatsapp_messages where wamid is not null and "
                        f"tenant_id = {tenant.id} and quote_id = '{quote}'") == "1"
