"""From a Worker's SIGKILL with full hands to the last of its jobs done by another one, alone, as suspects are

Its hands are as full as they get: as many batches as it has consumers, each in a transaction that waits for a lock. The
other Worker has the same in hand, and nobody else helps it.
"""
import signal
import subprocess
import time

from stage import StageError, wait_until
from webhook import elements

CONSUMERS, SHIPPED, LARGE = 4, 400, 500  # batches at once, jobs in each: as shipped, and more
QUEUE = "wa:{inbound}:"
COUNT = "select count(*) from whatsapp_messages"
LOCK = "begin; lock table whatsapp_feed in share row exclusive mode; select pg_sleep(120)"
UNLOCK = "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(120)%' and pid <> pg_backend_pid()"


def measure(stage, report):
    redis, postgres = stage.redis(fsync="always"), stage.postgres()
    stage.tenant(redis, postgres)
    first = 0
    for batch in (SHIPPED, LARGE):
        hand, seconds = CONSUMERS * batch, []
        for _ in range(2):
            seconds.append(death_to_rerun(stage, redis, postgres, batch, first))
            first += 2 * hand
            report.progress("{} jobs: declared dead after {:.1f} s, 99 % rerun after {:.1f} s, all after {:.1f} s".format(
                hand, *seconds[-1]))
        report.limit(f"death to rerun of {hand} jobs, p99", max(p99 for _, p99, _ in seconds), "s", at_most=15)
        report.limit(f"death to rerun of {hand} jobs, the last", max(last for _, _, last in seconds), "s", at_most=15)


def death_to_rerun(stage, redis, postgres, batch, first_number):
    """Seconds from the kill to its declaration, to 99 % and to all of the dead Worker's jobs stored, having checked that none was lost."""
    hand = CONSUMERS * batch
    limits = {"INBOUND_CONSUMERS": str(CONSUMERS), "INBOUND_BATCH": str(batch)}
    workers = [stage.worker(redis, postgres, only="inbound", **limits) for _ in range(2)]
    time.sleep(11)  # a lease of its own, before which no Worker declares another dead
    locker = subprocess.Popen(["psql", "-qX", postgres.url, "-c", LOCK], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    held = "select count(*) from pg_locks where mode = 'ShareRowExclusiveLock' and granted"
    wait_until(lambda: postgres.sql(held) == "1", 10, "locking the table")
    stored = int(postgres.sql(COUNT))
    # All at once, or the first batches would be small ones.
    redis.push_all(QUEUE + "filling", elements(2 * hand, start=first_number))
    redis.send("RENAME", QUEUE + "filling", QUEUE + "ready")

    def hands():
        ids = redis.send("ZRANGE", QUEUE + "workers", 0, -1)
        return [redis.send("LLEN", QUEUE + "claimed:" + name.decode()) for name in ids]

    wait_until(lambda: sorted(hands()) == [hand, hand], 60, "both Workers holding full hands")
    workers[0].stop(signal.SIGKILL)
    died = time.monotonic()
    postgres.sql(UNLOCK)
    locker.wait(10)
    done = lambda: int(postgres.sql(COUNT)) - stored  # noqa: E731
    wait_until(lambda: len(redis.send("ZRANGE", QUEUE + "workers", 0, -1)) == 1, 60, "declaring it dead", every=0.02)
    declared = time.monotonic() - died
    wait_until(lambda: done() >= 2 * hand - hand // 100, 120, "rerunning 99 %", every=0.02)
    p99 = time.monotonic() - died
    wait_until(lambda: done() >= 2 * hand, 60, "rerunning all", every=0.02)
    last = time.monotonic() - died
    wait_until(lambda: redis.send("LLEN", QUEUE + "ready") + sum(hands()) == 0, 10, "settling all")
    workers[1].stop()
    if done() != 2 * hand or redis.send("ZCARD", QUEUE + "dead"):
        raise StageError(f"{done()} of {2 * hand} stored, {redis.send('ZCARD', QUEUE + 'dead')} dead")
    return declared, p99, last
