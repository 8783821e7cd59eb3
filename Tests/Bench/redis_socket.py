"""Just enough of Redis' protocol to fill lists quickly and ask a few questions."""
import contextlib
import itertools
import socket
import time


class RedisSocket:
    def __init__(self, port):
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.replies = self.socket.makefile("rb")

    def send(self, *arguments):
        self.socket.sendall(encode(arguments))
        return self._reply()

    def push_all(self, key, elements, at_once=1000):
        """LPUSHes every element, many commands to a write."""
        elements = iter(elements)
        while commands := [encode(("LPUSH", key, element)) for element in itertools.islice(elements, at_once)]:
            self.socket.sendall(b"".join(commands))
            for _ in commands:
                self._reply()

    def info(self, section):
        lines = self.send("INFO", section).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def monitor(self, seconds):
        """Watches every command for a while: how many clients sent, and how many scripts called by themselves."""
        sent = called = 0
        with socket.create_connection(("127.0.0.1", self.port)) as watch:
            watch.settimeout(0.2)
            watch.sendall(encode(("MONITOR",)))
            end, rest = time.monotonic() + seconds, b""
            while time.monotonic() < end:
                with contextlib.suppress(TimeoutError):
                    *lines, rest = (rest + watch.recv(1 << 20)).split(b"\r\n")
                    called += sum(b" lua] " in line[:60] for line in lines)
                    sent += sum(b"] " in line[:60] and b" lua] " not in line[:60] for line in lines)
        return sent, called

    def _reply(self):
        line = self.replies.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            size = int(rest)
            return None if size < 0 else self.replies.read(size + 2)[:-2]
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        raise RuntimeError(f"Redis answered {line!r}")


def encode(arguments):
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)
