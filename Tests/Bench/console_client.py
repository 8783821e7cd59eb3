"""A browser as far as the console can tell: one connection, cookies, forms; it reads what the server says it took."""
import http.client
import html
import json
import re
import time
import urllib.parse


class ConsoleClient:
    def __init__(self, port, bearer=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        self.cookies, self.server_milliseconds = {}, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def get(self, path):
        return self._ask("GET", path)

    def json(self, path):
        return json.loads(self.get(path))

    def sign_in(self, key):
        token = re.search(r'name="csrf" value="([^"]+)"', self.get("/app/sign-in"))[1]
        self._ask("POST", "/app/sign-in", urllib.parse.urlencode({"csrf": token, "key": key, "next": ""}))
        if not any(name.endswith("session") for name in self.cookies):
            raise RuntimeError("the key was not taken")

    def links(self, page, pattern):
        """Where a page leads to, in its order."""
        found = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', self.get(page))]
        return [link for link in found if re.search(pattern, link)]

    def follow(self, page, pattern, times):
        """The page that is reached by following the last such link so many times, or until there is none."""
        for _ in range(times):
            links = self.links(page, pattern)
            if not links:
                break
            page = links[-1]
        return page

    def _ask(self, method, path, body=None):
        headers = dict(self.headers)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        start = time.monotonic()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        seen = (time.monotonic() - start) * 1000
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        if answer.status >= 400 and answer.status != 404:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]}")
        timing = re.search(r"app;dur=([\d.]+)", answer.headers.get("Server-Timing", ""))
        # Refusals do not say it: then what was seen from here counts, the way and all.
        self.server_milliseconds = float(timing[1]) if timing else seen
        return text
