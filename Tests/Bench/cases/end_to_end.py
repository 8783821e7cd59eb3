"""From the answered POST to the committed row: at 500 per second, and one by one on an idle system

Postgres itself keeps the time of each commit (track_commit_timestamp), on the same clock as the poster.
"""
import statistics

from load import percentile, post_paced
from stage import wait_until

COMMITS = """
select substring(wamid from 'wamid\\.bench0*([0-9]+)$'), extract(epoch from pg_xact_commit_timestamp(xmin))
from whatsapp_messages where wamid like 'wamid.bench%'
"""


def measure(stage, report):
    redis, postgres = stage.redis(), stage.postgres(track_commit_timestamp="on")
    stage.tenant(redis, postgres)
    ingress = stage.ingress(redis)
    stage.worker(redis, postgres)
    post_paced(ingress.port, 500, rate=500, start_number=1)

    answered = post_paced(ingress.port, 10_000, rate=500, start_number=10_000)
    delays = _delays(postgres, answered)
    report.progress(f"500/s: p50 {percentile(delays, .5):.1f} ms, p99 {percentile(delays, .99):.1f} ms, "
                    f"max {max(delays):.1f} ms")
    report.limit("answer to commit at 500/s, p99", percentile(delays, .99), "ms", at_most=50)

    answered = post_paced(ingress.port, 50, rate=5, connections=1, start_number=50_000)
    delays = _delays(postgres, answered)
    report.progress(f"one by one: median {statistics.median(delays):.1f} ms, max {max(delays):.1f} ms")
    report.limit("answer to commit, idle system, p95", percentile(delays, .95), "ms", at_most=20)


def _delays(postgres, answered):
    """Milliseconds between answer and commit, for each posted webhook. A commit may come before the answer arrives."""
    commits = {}

    def all_stored():
        commits.update((int(number), float(at)) for number, at in
                       (line.split("|") for line in postgres.sql(COMMITS).splitlines()))
        return answered.keys() <= commits.keys()

    wait_until(all_stored, 30, "storing what was posted", every=0.2)
    return [(commits[number] - at) * 1000 for number, at in answered.items()]
