"""Stored webhooks per second of one Worker process, one message each, against what Postgres takes by itself

The clock runs from the start of the Worker process to the last commit.
"""
import time

from rivals import postgres_floor
from stage import wait_until
from webhook import CUSTOMERS, elements

JOBS = 60_000
NEWCOMERS = 40_000
READY = "wa:{inbound}:ready"
COUNT = "select count(*) from whatsapp_messages"


def measure(stage, report):
    redis, postgres = stage.redis(), stage.postgres()
    stage.tenant(redis, postgres)
    one_each = postgres_floor.measure(postgres, batch=1, seconds=5, clients=16)
    report.progress(f"Postgres alone, a transaction for each message: {one_each:.0f}/s")
    batched = postgres_floor.measure(postgres, batch=500, seconds=5, clients=2)
    report.progress(f"Postgres alone, 500 messages to a transaction: {batched:.0f}/s")
    postgres.sql("drop schema floor cascade; checkpoint")

    rate, worker = drain(stage, redis, postgres, JOBS)
    report.progress(f"Worker: {rate:.0f}/s, {worker.memory_mb('VmHWM'):.0f} MB at most")
    report.ratio("stored webhooks", rate, "/s", "Postgres, batched", batched, at_least=0.4)
    report.ratio("stored webhooks", rate, "/s", "Postgres, one by one", one_each)
    report.limit("Worker's memory while draining", worker.memory_mb("VmHWM"), "MB", at_most=150)

    worker.stop()
    first = 1_000_000
    newcomers, _ = drain(stage, redis, postgres, NEWCOMERS, first_number=first, customers=first + NEWCOMERS)
    report.progress(f"each message from a customer whom nobody knows: {newcomers:.0f}/s")
    report.figure("stored webhooks, each of a new customer", newcomers, "/s")


def drain(stage, redis, postgres, jobs, seconds=300, first_number=0, customers=CUSTOMERS):
    """Fills the list, starts one Worker and returns (stored per second, the Worker), having checked the count."""
    stored_before = int(postgres.sql(COUNT))
    redis.push_all(READY, elements(jobs, first_number, customers))
    start = time.monotonic()
    worker = stage.worker(redis, postgres, wait=False)

    def taken():
        if worker.popen.poll() is not None:
            raise RuntimeError(f"the Worker ended:\n{worker.tail()}")
        return redis.send("LLEN", READY) == 0

    wait_until(taken, seconds, "taking all jobs", every=0.02)
    wait_until(lambda: int(postgres.sql(COUNT)) - stored_before >= jobs, 30, f"storing all {jobs} messages", every=0.02)
    rate = jobs / (time.monotonic() - start)
    stored = int(postgres.sql(COUNT)) - stored_before
    if stored != jobs:
        raise RuntimeError(f"{stored} messages stored of {jobs}")
    if dead := redis.send("ZCARD", "wa:{inbound}:dead"):
        raise RuntimeError(f"{dead} jobs are dead")
    return rate, worker
