"""Private servers and processes for one case, on loopback and on free ports; all of it is thrown away afterwards."""
import contextlib
import dataclasses
import json
import os
import pathlib
import platform
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from redis_socket import RedisSocket
from webhook import APP_SECRET, ENCRYPTION_KEY, PATH, PHONE_NUMBER_ID, WABA_ID

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("BENCH_BINARIES", ROOT / ".build/release"))
POSTGRES_BIN = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), default=pathlib.Path("/usr/bin"),
                   key=lambda path: float(path.parent.name))
TICK = os.sysconf("SC_CLK_TCK")


class StageError(Exception):
    pass


def require_binaries():
    for name in ("ingress", "worker"):
        if not (BINARIES / name).exists():
            raise SystemExit(f"{BINARIES / name} is not built: run `make build` first")


def describe_machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout
    return (f"{os.cpu_count()} cores of {model}, Linux {platform.release()}, "
            f"{time.strftime('%Y-%m-%d %H:%M')}, version {commit.strip() or '?'}")


class Process:
    """A child process, with its cost read from /proc."""

    def __init__(self, popen, log):
        self.popen, self.pid, self.log = popen, popen.pid, log

    def family(self):
        pids, waiting = [], [self.pid]
        while waiting:
            pid = waiting.pop()
            pids.append(pid)
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{pid}/task"):
                    waiting += map(int, pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        return pids

    def cpu_seconds(self):
        total = 0
        for pid in self.family():
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
        return total / TICK

    def memory_mb(self, field="VmRSS"):
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
        raise StageError(f"process {self.pid} has no {field}")

    def stop(self, how=signal.SIGTERM, seconds=20):
        if self.popen.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, how)
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self.popen.wait()

    def tail(self):
        return self.log.read_text(errors="replace")[-2000:]


class Postgres:
    def __init__(self, stage, port, process):
        self.port, self.process = port, process
        self.url = f"postgres://postgres@127.0.0.1:{port}/postgres"
        self.stage = stage

    def sql(self, text):
        done = subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", self.url], input=text,
                              capture_output=True, text=True)
        if done.returncode:
            raise StageError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def pgbench(self, script, seconds, clients):
        file = self.stage.folder / "pgbench.sql"
        file.write_text(script)
        done = subprocess.run([POSTGRES_BIN / "pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "1",
                               "-T", str(seconds), "-f", file, self.url], capture_output=True, text=True)
        if done.returncode:
            raise StageError(f"pgbench: {done.stderr.strip()[-500:]}")


@dataclasses.dataclass
class Tenant:
    id: int
    number: str
    token: str


class Stage:
    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="quoteline-bench-"))
        self.folder.chmod(0o755)
        self.processes = []
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.stop(signal.SIGINT if process.log.stem.startswith("postgres") else signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, arguments, environment=None, ready=None, user=None, seconds=30):
        """Starts a process of its own group; `ready` is a function that says when it can be used."""
        log = self.folder / f"{pathlib.Path(arguments[0]).name}-{len(self.processes)}.log"
        with open(log, "w") as output:
            popen = subprocess.Popen([str(part) for part in arguments], stdout=output, stderr=subprocess.STDOUT,
                                     env={**os.environ, **(environment or {})}, start_new_session=True, user=user,
                                     cwd=self.folder)
        process = Process(popen, log)
        self.processes.append(process)
        end = time.monotonic() + seconds
        while ready and not ready():
            if popen.poll() is not None or time.monotonic() > end:
                raise StageError(f"{arguments[0]} did not come up:\n{process.tail()}")
            time.sleep(0.02)
        return process

    def redis(self, fsync="everysec"):
        port = free_port()
        data = self.folder / f"redis-{port}"
        data.mkdir()
        process = self.start(["redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", data, "--save", "",
                              "--appendonly", "yes", "--appendfsync", fsync], ready=lambda: listens(port))
        redis = RedisSocket(port)
        redis.process, redis.url = process, f"redis://127.0.0.1:{port}/0"
        return redis

    def postgres(self, **settings):
        port = free_port()
        home = self.folder / f"postgres-{port}"
        home.mkdir()
        user = None
        if os.getuid() == 0:  # the server refuses to run as root
            user = "postgres"
            owner = pwd.getpwnam(user)
            os.chown(home, owner.pw_uid, owner.pw_gid)
        data = home / "data"
        subprocess.run([POSTGRES_BIN / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--encoding=UTF8"],
                       check=True, stdout=subprocess.DEVNULL, user=user, cwd=home)
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": home,
                    "max_connections": 200, **settings}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        process = self.start([POSTGRES_BIN / "postgres", "-D", data, *options], user=user, ready=lambda: subprocess.run(
            [POSTGRES_BIN / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode == 0)
        return Postgres(self, port, process)

    def ingress(self, redis, threads=1, **environment):
        port, ops = free_port(), free_port()
        process = self.start([BINARIES / "ingress"], {
            "REDIS_URL": redis.url, "INGRESS_HOST": "127.0.0.1", "INGRESS_PORT": str(port),
            "INGRESS_OPS_PORT": str(ops), "INGRESS_THREADS": str(threads), "WHATSAPP_APP_SECRET": APP_SECRET,
            "WHATSAPP_VERIFY_TOKEN": "verify", "LOG_LEVEL": "warning", **environment},
            ready=lambda: answers(f"http://127.0.0.1:{ops}/ready"))
        process.port, process.url = port, f"http://127.0.0.1:{port}{PATH}"
        return process

    def worker_environment(self, redis, postgres):
        return {"REDIS_URL": redis.url, "DATABASE_URL": postgres.url, "WHATSAPP_ENCRYPTION_KEY": ENCRYPTION_KEY,
                "LOG_LEVEL": "warning"}

    def worker_command(self, redis, postgres, *arguments, stdin=""):
        done = subprocess.run([BINARIES / "worker", *arguments], input=stdin, capture_output=True, text=True,
                              env={**os.environ, **self.worker_environment(redis, postgres)})
        if done.returncode:
            raise StageError(f"worker {' '.join(arguments)}: {done.stderr.strip()[-1000:]}")
        return done.stdout

    def tenant(self, redis, postgres):
        """Migrates the database and creates the tenant that the benchmark's webhooks belong to."""
        self.worker_command(redis, postgres, "migrate")
        self.worker_command(redis, postgres, "tenant", "create", "Bench", "--phone-number-id", PHONE_NUMBER_ID,
                            "--waba-id", WABA_ID, "--access-token-stdin", stdin="token\n")

    def tenants(self, redis, postgres, count):
        """Migrates the database and creates as many tenants, each with a number and a token of its own."""
        self.worker_command(redis, postgres, "migrate")
        created = []
        for index in range(count):
            number, token = f"10000000000{index:04d}", f"token-{index}"
            answer = self.worker_command(
                redis, postgres, "tenant", "create", f"Bench {index}", "--phone-number-id", number, "--waba-id",
                f"2000{index}", "--access-token-stdin", "--json", stdin=token)
            created.append(Tenant(int(json.loads(answer)["tenant_id"]), number, token))
        return created

    def simulator(self, tenants):
        """Meta's Graph API, played by the simulator that the tests use, without Meta's own throttles."""
        port = free_port()
        numbers = [part for tenant in tenants for part in ("--number", f"{tenant.number}:{tenant.token}")]
        process = self.start([BINARIES / "Simulator", "--port", port, "--no-throttle", *numbers],
                             ready=lambda: listens(port))
        process.url = f"http://127.0.0.1:{port}"
        process.taken = lambda: json.load(urllib.request.urlopen(f"{process.url}/simulator/summary", timeout=10))["taken"]
        return process

    def worker(self, redis, postgres, wait=True, only=None, **environment):
        ops = free_port()
        return self.start([BINARIES / "worker", "run", *(["--only", only] if only else [])], {
            **self.worker_environment(redis, postgres), "WORKER_OPS_PORT": str(ops), "CONSOLE_PORT": "", **environment},
            ready=(lambda: answers(f"http://127.0.0.1:{ops}/ready")) if wait else None)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 0.2).close()
        return True
    return False


def answers(url):
    with contextlib.suppress(urllib.error.URLError, OSError):
        return urllib.request.urlopen(url, timeout=1).status == 200
    return False


def wait_until(condition, seconds, what, every=0.05):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise StageError(f"{what} did not happen within {seconds} s")
        time.sleep(every)
