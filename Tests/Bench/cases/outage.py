"""An hour's outage at 300 webhooks per second: 1.08 million waiting jobs, drained by one Worker"""
from cases.drain import drain

LONG = True
JOBS = 1_080_000


def measure(stage, report):
    redis, postgres = stage.redis(), stage.postgres()
    stage.tenant(redis, postgres)
    rate, worker = drain(stage, redis, postgres, JOBS, seconds=600)
    report.progress(f"{rate:.0f}/s, {worker.memory_mb('VmHWM'):.0f} MB at most")
    report.limit("1.08 M jobs drained", JOBS / rate, "s", at_most=90)
    report.limit("Worker's memory while draining", worker.memory_mb("VmHWM"), "MB", at_most=150)
