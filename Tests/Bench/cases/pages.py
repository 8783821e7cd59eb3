"""The server's own time for every page and JSON route, with 10,000 conversations and 1 M messages of one tenant

In Redis there are 100 lanes, 100,000 waiting jobs, 10,000 scheduled and 10,000 dead ones. Each answer says in its
Server-Timing header how long it took; the browser's and the network's share are not in it.
"""
import json
import time

from pages_data import CONVERSATIONS, MESSAGES, fill_postgres, fill_redis
from console_client import ConsoleClient
from stage import free_port, listens, wait_until

BUDGET_MS = 50
WARM, TRIES, SECONDS = 8, 200, 5
OPERATOR_KEY = "bench-operator-key-of-no-use-elsewhere"
PAGE = "/app/whatsapp/conversations"
JOBS = "/app/queues/inbound/jobs?place="
MORE = r"/jobs\?place=.*after="


def measure(stage, report):
    redis, postgres = stage.redis(), stage.postgres(max_wal_size="4GB", shared_buffers="256MB")
    stage.worker_command(redis, postgres, "migrate")
    tenant = json.loads(stage.worker_command(
        redis, postgres, "tenant", "create", "Bench", "--phone-number-id", "100000000000000", "--waba-id", "2000",
        "--access-token-stdin", "--json", stdin="token"))
    report.progress(f"storing {CONVERSATIONS:,} conversations and {MESSAGES:,} messages ...")
    start = time.monotonic()
    fill_postgres(postgres, int(tenant["tenant_id"]))
    fill_redis(redis)
    report.progress(f"filled in {time.monotonic() - start:.0f} s")
    port = free_port()
    stage.worker(redis, postgres, only="console", CONSOLE_PORT=str(port), CONSOLE_OPERATOR_KEY=OPERATOR_KEY)
    wait_until(lambda: listens(port), 30, "the console's listening")
    worst = []
    for name, time_of in _callers(port, tenant["api_key"]):
        times = sorted(time_of)
        p50, p99 = times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]
        worst.append((p99, name))
        report.limit(f"{name}, p99 (p50 {p50:.1f} ms)", p99, "ms", at_most=BUDGET_MS)
    report.progress("slowest: " + ", ".join(f"{name} {p99:.1f} ms" for p99, name in sorted(worst)[-5:][::-1]))


def _callers(port, key):
    """Each route's name with the milliseconds of its requests."""
    with ConsoleClient(port) as client:
        client.sign_in(key)
        for name, path in _tenant_pages(client):
            yield f"page: {name}", _times(client, path)
    with ConsoleClient(port, bearer=key) as client:
        for name, path in _tenant_routes(client):
            yield f"json: {name}", _times(client, path)
    with ConsoleClient(port) as client:
        yield "page: sign-in", _times(client, "/app/sign-in")
        client.sign_in(OPERATOR_KEY)
        for name, path in _operator_pages(client):
            yield f"page: {name}", _times(client, path)
    with ConsoleClient(port, bearer=OPERATOR_KEY) as client:
        yield "json: tenants", _times(client, "/api/admin/tenants")
        yield "json: queues", _times(client, "/api/admin/queues")


def _times(client, path):
    for _ in range(WARM):
        client.get(path)
    times, end = [], time.monotonic() + SECONDS
    while len(times) < TRIES and (time.monotonic() < end or len(times) < 20):
        client.get(path)
        times.append(client.server_milliseconds)
    return times


def _tenant_pages(client):
    """Deep pages are found as a reader finds them: by following the links."""
    threads = client.links(PAGE, rf"^{PAGE}/\d+$")
    deep = client.follow(PAGE, r"\?before=", 100)
    longest = threads[0]
    old = client.follow(longest, r"\?before=", 100)
    return [
        ("settings", "/app/whatsapp"), ("API keys", "/app/whatsapp/keys"), ("disconnect", "/app/whatsapp/remove"),
        ("conversations", PAGE), ("conversations, next part", PAGE + "/fragment"), ("conversations, page 100", deep),
        ("conversations by name", PAGE + "?q=Customer+987"), ("conversations by number", PAGE + "?q=%2B1650000123"),
        ("conversations, nobody found", PAGE + "?q=zebra"), ("a thread", threads[7]),
        ("the longest thread", longest), ("the longest thread, next part", longest + "/fragment"),
        ("the longest thread, page 100", old), ("nothing here", "/app/nothing-here"),
    ]


def _tenant_routes(client):
    path = "/api/whatsapp/conversations"
    first = client.json(path)
    longest = f"{path}/{first['conversations'][0]['id']}/messages"
    messages = client.json(longest)
    deep = old = None
    for _ in range(40):
        deep = client.json(f"{path}?limit=200" + (f"&before={deep}" if deep else ""))["next"]
        old = client.json(f"{longest}?limit=200" + (f"&before={old}" if old else ""))["next"]
    return [
        ("config", "/api/whatsapp/config"), ("conversations", path), ("200 conversations", path + "?limit=200"),
        ("200 conversations, page 41", f"{path}?limit=200&before={deep}"),
        ("conversations by name", path + "?q=Customer+987"), ("messages of the longest thread", longest),
        ("200 messages of it, page 41", f"{longest}?limit=200&before={old}"),
        ("a message", f"/api/whatsapp/messages/{messages['messages'][0]['id']}"),
        ("events", "/api/whatsapp/events"), ("1 M events later", f"/api/whatsapp/events?after={MESSAGES - 500}"),
        ("openapi.json", "/api/openapi.json"),
    ]


def _operator_pages(client):
    jobs = [("waiting jobs", JOBS + "ready"), ("dead jobs", JOBS + "dead"), ("scheduled jobs", JOBS + "scheduled"),
            ("jobs in hand", JOBS + "claimed"), ("sends in lanes", "/app/queues/outbound/jobs?place=lane"),
            ("dead jobs of a rare error", JOBS + "dead&error=rare")]
    pages = [("queues", "/app/queues"), ("queues, next part", "/app/queues/fragment"), ("lanes", "/app/queues/lanes"),
             ("tenants", "/app/queues/tenants"), ("unrouted numbers", "/app/queues/unrouted")]
    for name, path in jobs:
        pages.append((name, path))
        if client.links(path, MORE):
            pages.append((f"{name}, page 51 or the last", client.follow(path, MORE, 50)))
            pages.append((f"one of the {name}", client.links(pages[-1][1], "/jobs/")[0]))
    return pages + [
        ("replay of all dead jobs, preview", "/app/queues/inbound/replay"),
        ("discard of a rare error, preview", "/app/queues/inbound/discard?error=rare")]
