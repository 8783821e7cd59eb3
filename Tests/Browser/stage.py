"""Starts what the story plays on: everything that `make run` starts, and a console of its own beside it."""
import json
import os
import re
import secrets
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request


class StageError(Exception):
    pass


def wait_until(what, check, seconds=30):
    """Returns the first true answer of `check`; a check that raises is asked again until the time is up."""
    end = time.monotonic() + seconds
    last = None
    while time.monotonic() < end:
        try:
            if answer := check():
                return answer
        except (OSError, ValueError, KeyError) as error:
            last = error
        time.sleep(0.05)
    raise StageError(f"{what} did not happen within {seconds} s" + (f" ({last})" if last else ""))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stage:
    """Use as a context manager: what was started is ended at its end."""

    def __init__(self, root, products):
        self.root, self.products = root, products
        self.operator_key = secrets.token_urlsafe(32)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.stage = self.console = None
        self.environment = {}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in (self.console, self.stage):
            if process and process.poll() is None:
                process.terminate() if process is self.console else process.send_signal(2)
        for process in (self.console, self.stage):
            try:
                if process:
                    process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()

    def start(self):
        self.stage = subprocess.Popen(
            [f"{self.products}/Stage"], cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        shown, ready = [], threading.Event()

        def read():
            for line in self.stage.stdout:
                shown.append(line)
                if "Ctrl-C stops everything" in line:
                    ready.set()
            ready.set()

        threading.Thread(target=read, daemon=True).start()
        if not ready.wait(120) or self.stage.poll() is not None:
            raise StageError("the stage did not come up:\n" + "".join(shown[-30:]))
        self.environment = dict(re.findall(r"export (\w+)='(.*)'", open(f"{self.root}/.run/env").read()))
        self.simulator = self.environment["GRAPH_BASE_URL"]
        own = {
            "CONSOLE_PORT": str(self.port), "CONSOLE_OPERATOR_KEY": self.operator_key, "LOG_LEVEL": "debug",
            "WORKER_OPS_PORT": str(free_port()), "LOG_FORMAT": "text",
            "PUBLIC_WEBHOOK_URL": "https://hooks.example.com/api/whatsapp/webhook",
        }
        self.log = open(f"{self.root}/.run/logs/console.log", "w")
        self.console = subprocess.Popen(
            [f"{self.products}/worker", "run", "--only", "console"], cwd=self.root,
            env={**os.environ, **self.environment, **own}, stdout=self.log, stderr=subprocess.STDOUT)

        def answers():
            if self.console.poll() is not None:
                raise StageError("the console ended: see .run/logs/console.log")
            with urllib.request.urlopen(self.url + "/app/sign-in") as answer:
                return answer.status == 200

        wait_until("the console's sign-in page", answers)

    def ask(self, path, **query):
        """What the simulator knows."""
        with urllib.request.urlopen(f"{self.simulator}{path}?{urllib.parse.urlencode(query)}") as answer:
            return json.load(answer)

    def tell(self, path, **order):
        """An order to the simulator."""
        request = urllib.request.Request(
            self.simulator + path, json.dumps(order).encode(), {"content-type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def redis(self, *command):
        subprocess.run(["redis-cli", "-u", self.environment["REDIS_URL"], "--no-auth-warning", *command],
                       stdout=subprocess.DEVNULL, check=True)

    def phone(self, number, customer):
        """The conversation as the customer's phone shows it."""
        return self.ask("/simulator/phone", number=number, customer=customer)["messages"]

    def dumps(self):
        """All that was written down anywhere: both databases and the logs, as (where, bytes)."""
        environment = {**os.environ, **self.environment}
        found = [("the database", subprocess.run(
            ["pg_dump", self.environment["DATABASE_URL"]], env=environment, capture_output=True, check=True).stdout)]
        folder = f"{self.root}/.run/logs"
        for name in sorted(os.listdir(folder)):
            with open(f"{folder}/{name}", "rb") as log:
                found.append((f".run/logs/{name}", log.read()))
        redis = ["redis-cli", "-u", self.environment["REDIS_URL"], "--no-auth-warning"]
        keys = subprocess.run([*redis, "--scan"], capture_output=True, check=True).stdout.split()
        for key in keys:
            kind = subprocess.run([*redis, "type", key], capture_output=True, check=True).stdout.strip()
            read = {b"string": ["get", key], b"list": ["lrange", key, "0", "-1"], b"hash": ["hgetall", key],
                    b"zset": ["zrange", key, "0", "-1"], b"set": ["smembers", key]}.get(kind)
            if read:
                found.append((f"Redis {key.decode()}", subprocess.run([*redis, *read], capture_output=True).stdout))
        return found
