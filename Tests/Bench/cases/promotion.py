"""100,000 jobs due in the same second, promoted by several Workers at once: what others wait for Redis meanwhile

Redis' own clock tells how long each step of the promotion takes; the longest answer that a client waits for also counts what
the machine does to that client, and the drain of what was promoted.
"""
import multiprocessing
import time

from redis_socket import RedisSocket
from stage import StageError, wait_until
from webhook import elements

JOBS, WORKERS = 100_000, 4
QUEUE = "wa:{inbound}:"
FILL = """
for i = 1, #ARGV do redis.call('ZADD', KEYS[1], 4102444800000, ARGV[i]) end
"""
DUE = """
local time = redis.call('TIME')
local jobs = redis.call('ZRANGE', KEYS[1], 0, -1)
redis.call('DEL', KEYS[1])
local at = time[1] * 1000 + 1000
for i = 1, #jobs do redis.call('ZADD', KEYS[1], at, jobs[i]) end
return #jobs
"""


def measure(stage, report):
    redis, postgres = stage.redis(), stage.postgres()
    stage.tenant(redis, postgres)
    for _ in range(WORKERS):
        stage.worker(redis, postgres, only="inbound")
    # Without the drain, and with it.
    redis.send("SET", QUEUE + "paused", "measured")
    alone = promote(redis, first_number=0)
    redis.send("DEL", QUEUE + "paused")
    wait_until(lambda: int(postgres.sql("select count(*) from whatsapp_messages")) == JOBS, 120, "storing all")
    drained = promote(redis, first_number=JOBS)
    for name, (step, waits, seconds) in (("promotion alone", alone), ("promotion and drain", drained)):
        waits.sort()
        report.progress(f"{name}: {seconds:.1f} s, {len(waits)} answers, p50 {waits[len(waits) // 2]:.2f} ms, "
                        f"p99.9 {waits[len(waits) * 999 // 1000]:.1f} ms")
        report.limit(f"{name}: longest command in Redis", step, "ms", at_most=50)
        report.limit(f"{name}: longest wait for an answer", waits[-1], "ms", at_most=50)


def promote(redis, first_number):
    """The longest command by Redis' clock in ms, every wait of a client in ms, and how long the promotion took."""
    batch = []
    for element in elements(JOBS, start=first_number):
        batch.append(element)
        if len(batch) == 500:
            redis.send("EVAL", FILL, 1, QUEUE + "filling", *batch)
            batch = []
    if redis.send("EVAL", DUE, 1, QUEUE + "filling") != JOBS:
        raise StageError("not all jobs were made due")
    redis.send("CONFIG", "SET", "slowlog-log-slower-than", "1000")
    redis.send("CONFIG", "SET", "slowlog-max-len", "100000")
    redis.send("SLOWLOG", "RESET")
    # A process of its own, or it would wait for its own kind.
    told, tells = multiprocessing.Pipe()
    asker = multiprocessing.Process(target=ask, args=(redis.port, tells))
    asker.start()
    redis.send("RENAME", QUEUE + "filling", QUEUE + "scheduled")
    start = time.monotonic()
    try:
        wait_until(lambda: redis.send("ZCARD", QUEUE + "scheduled") == 0, 60, "promoting all", every=0.02)
        seconds = time.monotonic() - start
    finally:
        told.send("enough")
        waits = told.recv()
        asker.join()
    slow = [entry[2] / 1000 for entry in redis.send("SLOWLOG", "GET", "-1") if entry[3][0] != b"RENAME"]
    return max(slow, default=1.0), waits, seconds


def ask(port, tells):
    """Asks Redis again and again; tells in the end how many milliseconds each answer took."""
    other, waits = RedisSocket(port), []
    while not tells.poll():
        asked = time.perf_counter()
        other.send("PING")
        waits.append((time.perf_counter() - asked) * 1000)
        time.sleep(0.0005)
    tells.send(waits)
