"""A site and a store for the uploader to talk to, in this process, with faults on order.

Two addresses of one server make the store another origin than the page: the site is at localhost, the store and the
static files at 127.0.0.1, as they are apart in earnest.
"""

import hashlib
import json
import mimetypes
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.contrib.staticfiles import finders

from tests.front.pages import NONCE, Page, Tile, upload_page

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' {static}; style-src 'self' {static}; worker-src 'self'; "
    "style-src-attr 'unsafe-inline'; img-src 'self' {static} data: blob:; connect-src 'self' {store}; base-uri 'none'"
)
DROP = 0  # a fault that is no answer at all


class Site:
    """What is shown (`pages`, by address), asked and stored.

    `faults["put"] = [500, DROP]` spoils the next answers of that kind.
    """

    def __init__(self) -> None:
        self.faults: dict[str, list[int]] = defaultdict(list)
        self.pages: dict[str, Page] = {}
        self.stored: dict[str, bytes] = {}
        self.announced: list[list[dict[str, object]]] = []
        self.finished: list[dict[str, str]] = []
        self.in_flight = self.most_in_flight = 0
        self.hold = threading.Event()
        self.hold.set()
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (Answers,), {"site": self}))
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url, self.store = f"http://localhost:{self.port}", f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()

    def begin(self, files: list[dict[str, object]]) -> dict[str, object]:
        """Answer each announced file with an address of the store, or as a duplicate."""
        self.announced.append(files)
        return {"uploads": [self.offer(file) for file in files]}

    def offer(self, file: dict[str, object]) -> dict[str, object]:
        """Return the answer for one file."""
        if any(done["sha256"] == file["sha256"] for done in self.finished):
            return {"duplicate": True, "pid": "old", "photo_url": "/p/old/"}
        url = f"{self.store}/put/{file['sha256']}"
        return {"ticket": json.dumps(file), "url": url, "headers": {"Content-Type": file["type"]}}

    def finish(self, ticket: str) -> tuple[int, dict[str, object]]:
        """Accept what is stored under a ticket."""
        file = json.loads(ticket)
        stored = self.stored.get(file["sha256"])
        if stored is None:
            return 409, {"error": {"code": "not_stored", "message": "Not here."}}
        assert hashlib.sha256(stored).hexdigest() == file["sha256"]
        self.finished.append(file)
        tile = Page(
            "photos/tile.html", {"tile": Tile(pid=file["sha256"][:8], state="received", is_ready=False)}
        )
        return 201, {"pid": file["sha256"][:8], "photo_url": "/p/x/", "tile_html": tile.render()}


class Answers(BaseHTTPRequestHandler):
    """One request."""

    site: Site
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gave it
        """Say nothing."""

    def do_GET(self) -> None:
        """Pages, static files and tiles."""
        where = urlsplit(self.path)
        if where.path.startswith("/static/"):
            name = where.path.removeprefix("/static/")
            path = finders.find(name)
            body = Path(path).read_bytes() if path else b""
            self.answer(200 if body else 404, body, mimetypes.guess_type(name)[0] or "text/plain")
        elif where.path.rstrip("/") == "/tiles":
            ids = parse_qs(where.query)["id"]
            src = f"{self.site.store}/static/img/touch-icon.png"
            tiles = [Tile(pid=pid, src=src, jpeg_srcset="", webp_srcset="") for pid in ids if pid != "slow"]
            self.answer(200, Page("photos/tiles.html", {"tiles": tiles}).render().encode(), "text/html")
        else:
            page = self.site.pages.get(self.path) or upload_page()
            html = page.render().replace('"/static/', f'"{self.site.store}/static/')
            html = html.replace(f'worker-url="{self.site.store}', 'worker-url="')
            self.answer(200, html.encode(), "text/html")

    def do_POST(self) -> None:
        """Begin and finish."""
        body = json.loads(self.body())
        kind = self.path.strip("/")
        if self.spoiled(kind):
            return
        status, said = (
            (200, self.site.begin(body["files"])) if kind == "begin" else self.site.finish(body["ticket"])
        )
        self.answer(status, json.dumps(said).encode(), "application/json")

    def do_OPTIONS(self) -> None:
        """Let the page's origin put files."""
        self.answer(204, b"", "text/plain")

    def do_PUT(self) -> None:
        """Store what comes."""
        with self.site.lock:
            self.site.in_flight += 1
            self.site.most_in_flight = max(self.site.most_in_flight, self.site.in_flight)
        body = self.body()
        self.site.hold.wait(20)
        with self.site.lock:
            self.site.in_flight -= 1
        if not self.spoiled("put"):
            self.site.stored[self.path.removeprefix("/put/")] = body
            self.answer(200, b"", "text/plain")

    def body(self) -> bytes:
        """Return the whole body."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def spoiled(self, kind: str) -> bool:
        """Give the fault that was ordered for this kind of request, if one is left."""
        with self.site.lock:
            fault = self.site.faults[kind].pop(0) if self.site.faults[kind] else None
        if fault == DROP:
            self.close_connection = True
        elif fault:
            self.answer(fault, b"", "text/plain")
        return fault is not None

    def answer(self, status: int, body: bytes, content_type: str) -> None:
        """Send one answer with the headers that every one needs."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", self.site.url if self.command != "GET" else "*")
        self.send_header("Access-Control-Allow-Headers", "*, Content-Type")
        self.send_header("Access-Control-Allow-Methods", "PUT")
        policy = POLICY.format(nonce=NONCE, static=self.site.store, store=self.site.store)
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)
