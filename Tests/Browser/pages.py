"""A browser that watches itself: what a page must never do is noted as it happens, and pictures are taken on demand."""
import os

from axe_playwright_python.sync_playwright import Axe

# What axe-core can see of WCAG 2.2, levels A and AA: contrast, names, labels, roles, structure.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
LOOKS = [("light", 1440), ("dark", 1440), ("light", 360), ("dark", 360)]


class Watcher:
    """Notes script errors, refused content, 5xx answers, foreign requests and secrets in what is served."""

    def __init__(self, origin, folder):
        self.origin, self.folder = origin, folder
        self.problems, self.secrets, self.pictures, self.checked = [], [], 0, 0
        self.axe = Axe()
        os.makedirs(folder, exist_ok=True)

    def watch(self, context):
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message):
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.problems.append(f"{message.page.url if message.page else ''}: {message.text}")

    def _request(self, request):
        if not request.url.startswith((self.origin + "/", "data:", "blob:")):
            self.problems.append(f"a request to elsewhere: {request.url}")

    def _response(self, response):
        if response.status >= 500:
            self.problems.append(f"{response.status} from {response.url}")
        policy = response.headers.get("content-security-policy", "")
        if "text/html" in response.headers.get("content-type", ""):
            if "default-src 'none'" not in policy or "unsafe-inline" in policy:
                self.problems.append(f"{response.url} has the policy “{policy}”")

    def read(self, page):
        """Looks for secrets in the page as it stands, fields and all."""
        text = page.content() + " ".join(page.eval_on_selector_all("input", "all => all.map(i => i.value)"))
        for secret in self.secrets:
            if secret in text:
                self.problems.append(f"{page.url} holds a token")

    def check(self, page, name):
        """Whatever keeps somebody from using the page is a problem."""
        for violation in self.axe.run(page, options=RULES).response["violations"]:
            for node in violation["nodes"][:3]:
                self.problems.append(f"{name}: {violation['help']} ({violation['id']}): {node['html'][:160]}")
        self.checked += 1

    def shoot(self, page, name, whole=True):
        """One picture per look; a page that is wider than its window, or that not everybody can use, is a problem."""
        self.read(page)
        size = page.viewport_size
        for scheme, width in LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900 if width > 600 else 780})
            page.evaluate("window.scrollTo(0, 0)")
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if wider > 0:
                self.problems.append(f"{name} is {wider} px too wide at {width} px")
            look = "narrow" if width < 600 else "wide"
            self.check(page, f"{name}, {scheme}, {look}")
            page.screenshot(path=f"{self.folder}/{name}-{scheme}-{look}.png", full_page=whole)
            self.pictures += 1
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(size)
