"""Resident memory of Ingress: idle, with 2,000 connections, and with 2,000 connections that each send 4 MB"""
import asyncio
import contextlib
import resource
import threading

from webhook import PATH, body, signature

CONNECTIONS = 2000
LARGE = 4 * 1024 * 1024 - 1024


def measure(stage, report):
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(16384, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    redis = stage.redis()
    ingress = stage.ingress(redis, threads=2)
    idle = ingress.memory_mb()
    report.progress(f"idle: {idle:.1f} MB")
    report.limit("idle", idle, "MB", at_most=40)

    small = body(1)
    statuses, high = _post_at_once(ingress, small)
    report.progress(f"{CONNECTIONS} connections: {high:.1f} MB, answers {statuses}")
    report.limit("2,000 connections", high, "MB", at_most=120)
    if statuses.get("200", 0) != CONNECTIONS:
        raise RuntimeError(f"not all {CONNECTIONS} connections were answered 200: {statuses}")

    statuses, high = _post_at_once(ingress, body(1, size=LARGE))
    report.progress(f"{CONNECTIONS} connections with 4 MB each: {high:.1f} MB, answers {statuses}")
    report.limit("2,000 connections, 4 MB each", high, "MB", at_most=200)


def _post_at_once(ingress, data):
    """Opens all connections first, then posts on all of them; returns the answers by status and the highest memory."""
    high, stop = [0.0], threading.Event()

    def watch():
        while not stop.is_set():
            high[0] = max(high[0], ingress.memory_mb())
            stop.wait(0.02)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        return asyncio.run(_post_all(ingress.port, data)), high[0]
    finally:
        stop.set()
        watching.join()


async def _post_all(port, data):
    head = b"POST %b HTTP/1.1\r\nHost: bench\r\nContent-Length: %d\r\nX-Hub-Signature-256: %b\r\n\r\n" % (
        PATH.encode(), len(data), signature(data).encode())
    connections = []
    for _ in range(CONNECTIONS):
        connections.append(await asyncio.open_connection("127.0.0.1", port))
    statuses = {}

    async def post(reader, writer):
        async def send():
            with contextlib.suppress(OSError):
                writer.write(head)
                for offset in range(0, len(data), 65536):
                    writer.write(data[offset:offset + 65536])
                    await writer.drain()

        sending = asyncio.create_task(send())
        status = "cut"
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            status = (await asyncio.wait_for(reader.readuntil(b"\r\n"), 60)).split()[1].decode()
        sending.cancel()
        writer.close()
        statuses[status] = statuses.get(status, 0) + 1

    await asyncio.gather(*(post(*connection) for connection in connections), return_exceptions=True)
    return statuses
