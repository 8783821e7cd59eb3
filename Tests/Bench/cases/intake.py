"""Accepted webhooks per second and CPU for each, one event loop, 64 connections, 500-byte signed bodies

Ingress and its rivals take turns, round after round, so that a noisy moment of the machine strikes all of them.
"""
import statistics

from load import wrk
from rivals import nginx

ROUNDS = 3
SECONDS = 5


def measure(stage, report):
    redis = stage.redis()
    ingress = stage.ingress(redis)
    servers = {"ingress": (ingress.url, ingress)}
    if nginx.available():
        servers.update(nginx.start(stage, redis))
    else:
        report.note(f"nginx is left out; it takes Debian's {nginx.PACKAGES}")
    for url, _ in servers.values():
        wrk(stage, url, seconds=1)
    rounds = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, (url, process) in servers.items():
            redis.send("FLUSHALL")
            before, redis_before = process.cpu_seconds(), redis.process.cpu_seconds()
            load = wrk(stage, url, seconds=SECONDS)
            if load.refused or load.broken:
                raise RuntimeError(f"{name}: {load.refused} refused, {load.broken} broken of {load.requests}")
            cost = (process.cpu_seconds() - before) * 1e6 / load.requests
            rounds[name].append((load.rate, cost, load.p99))
            report.progress(f"{name:13} {load.rate:8.0f} req/s {cost:6.1f} us CPU  p99 {load.p99:5.2f} ms  "
                            f"(Redis {(redis.process.cpu_seconds() - redis_before) * 1e6 / load.requests:.1f} us)")
    rate, cost, p99 = ({name: statistics.median(row[i] for row in rows) for name, rows in rounds.items()}
                       for i in range(3))
    if "nginx floor" in servers:
        lua, floor = "nginx+LuaJIT", "nginx floor"
        report.ratio("accepted webhooks", rate["ingress"], "/s", lua, rate[lua], at_least=1.4)
        report.ratio("CPU per webhook", cost["ingress"], "us", lua, cost[lua], at_most=0.6)
        report.ratio("CPU per webhook", cost["ingress"], "us", floor, cost[floor], at_most=2)
        report.ratio("p99 under full load", p99["ingress"], "ms", lua, p99[lua])
    else:
        report.figure("accepted webhooks", rate["ingress"], "/s")
        report.figure("CPU per webhook", cost["ingress"], "us")
        report.figure("p99 under full load", p99["ingress"], "ms")
