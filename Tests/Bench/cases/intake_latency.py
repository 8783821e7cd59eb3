"""Time to answer at 1,000 webhooks per second, also while Redis rewrites its append-only file

wrk paces 64 connections by a pause before each request and measures from the request's own start.
"""
import threading

from load import wrk
from webhook import elements

PRELOADED = 300_000


def measure(stage, report):
    redis = stage.redis()
    ingress = stage.ingress(redis)
    wrk(stage, ingress.url, seconds=1)
    load = _paced(stage, ingress)
    report.progress(f"{load.rate:.0f}/s: p50 {load.p50:.2f} ms, p99 {load.p99:.2f} ms, p99.9 {load.p999:.2f} ms")
    report.limit("p99 at 1,000/s", load.p99, "ms", at_most=5)

    redis.push_all("preloaded", elements(PRELOADED))
    rewrites, stop = [0], threading.Event()

    def rewrite_again_and_again():
        while not stop.is_set():
            if redis.info("persistence")["aof_rewrite_in_progress"] == "0":
                redis.send("BGREWRITEAOF")
                rewrites[0] += 1
            stop.wait(0.2)

    rewriting = threading.Thread(target=rewrite_again_and_again)
    rewriting.start()
    try:
        load = _paced(stage, ingress)
    finally:
        stop.set()
        rewriting.join()
    report.progress(f"while rewriting ({rewrites[0]} times): p99 {load.p99:.2f} ms, p99.9 {load.p999:.2f} ms, "
                    f"max {load.max:.2f} ms")
    report.limit("p99.9 at 1,000/s while Redis rewrites", load.p999, "ms", at_most=50)


def _paced(stage, ingress):
    load = wrk(stage, ingress.url, seconds=10, rate=1000)
    if load.refused or load.broken:
        raise RuntimeError(f"{load.refused} refused, {load.broken} broken of {load.requests}")
    return load
