"""What `appendfsync always` costs at intake, against `everysec`"""
import statistics

from load import wrk


def measure(stage, report):
    rates = {}
    servers = {fsync: stage.ingress(stage.redis(fsync)) for fsync in ("everysec", "always")}
    for fsync, ingress in servers.items():
        wrk(stage, ingress.url, seconds=1)
        rates[fsync] = []
    for _ in range(3):
        for fsync, ingress in servers.items():
            load = wrk(stage, ingress.url, seconds=4)
            if load.refused or load.broken:
                raise RuntimeError(f"{fsync}: {load.refused} refused, {load.broken} broken of {load.requests}")
            rates[fsync].append(load.rate)
            report.progress(f"{fsync:9} {load.rate:8.0f} req/s  p99 {load.p99:.2f} ms")
    report.ratio("accepted webhooks, fsync always", statistics.median(rates["always"]), "/s", "everysec",
                 statistics.median(rates["everysec"]), at_least=0.5)
