"""Load on an HTTP address: wrk as fast as it goes or at a pace, and a paced poster of distinct webhooks."""
import asyncio
import dataclasses
import json
import subprocess
import time

from webhook import PATH, body, signature

WRK_SCRIPT = """
wrk.method = "POST"
local file = io.open("%(folder)s/body", "rb"); wrk.body = file:read("*a"); file:close()
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-Hub-Signature-256"] = "%(signature)s"
%(pace)s
function done(summary, latency)
    local errors = summary.errors
    local result = io.open("%(folder)s/result", "w")
    result:write(string.format(
        '{"requests":%%d,"seconds":%%f,"refused":%%d,"broken":%%d,"p50":%%f,"p99":%%f,"p999":%%f,"max":%%f}',
        summary.requests, summary.duration / 1e6, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3, latency.max / 1e3))
    result:close()
end
"""


@dataclasses.dataclass
class Load:
    """Times in milliseconds."""
    requests: int
    seconds: float
    refused: int
    broken: int
    p50: float
    p99: float
    p999: float
    max: float

    @property
    def rate(self):
        return (self.requests - self.refused) / self.seconds


def wrk(stage, url, connections=64, seconds=5, rate=None):
    """One wrk thread posting one signed body; `rate` spreads that many requests a second over the connections."""
    data = body(1)
    (stage.folder / "body").write_bytes(data)
    pace = ""
    if rate is not None:  # random pauses around the mean, so that the connections do not march in step
        mean = max(round(connections / rate * 1000) - 1, 1)
        pace = f"function delay() return math.random(1, {2 * mean - 1}) end"
    script = stage.folder / "wrk.lua"
    script.write_text(WRK_SCRIPT % {"folder": stage.folder, "signature": signature(data), "pace": pace})
    subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script), url],
                   check=True, stdout=subprocess.DEVNULL)
    return Load(**json.loads((stage.folder / "result").read_text()))


async def _post_paced(port, count, rate, connections, start_number):
    """Posts `count` distinct webhooks at fixed times; returns {number: seconds since 1970 when it was answered}."""
    queue, answered, refused = asyncio.Queue(), {}, []

    async def sender():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (number := await queue.get()) is not None:
            data = body(number)
            writer.write(b"POST %b HTTP/1.1\r\nHost: bench\r\nContent-Length: %d\r\nX-Hub-Signature-256: %b\r\n\r\n%b" % (
                PATH.encode(), len(data), signature(data).encode(), data))
            head = await reader.readuntil(b"\r\n\r\n")
            now = time.time()
            length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                           if line.startswith(b"content-length:")), 0)
            await reader.readexactly(length)
            if head.split(b" ", 2)[1] == b"200":
                answered[number] = now
            else:
                refused.append(number)
        writer.close()

    senders = [asyncio.create_task(sender()) for _ in range(connections)]
    start = time.monotonic()
    for index in range(count):
        wait = start + index / rate - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        queue.put_nowait(start_number + index)
    for _ in senders:
        queue.put_nowait(None)
    await asyncio.gather(*senders)
    if refused:
        raise RuntimeError(f"{len(refused)} of {count} webhooks were refused")
    return answered


def post_paced(port, count, rate, connections=16, start_number=0):
    return asyncio.run(_post_paced(port, count, rate, connections, start_number))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
