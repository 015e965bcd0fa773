"""A site and a store for the uploader to talk to, in this process, with faults on order.

Two addresses of one server make the store another origin than the page: the site is at localhost, the store and the
static files at 127.0.0.1, as they are apart in earnest.
"""

import hashlib
import json
import mimetypes
import select
import socket
import sys
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib.staticfiles import finders
from django.urls import reverse

from config import importmap
from photos.imaging import format_table
from tests.front.pages import NONCE, Page, Tile, upload_page

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' {static}; style-src 'self' {static}; worker-src 'self'; "
    "style-src-attr 'unsafe-inline'; img-src 'self' {static} data: blob:; connect-src 'self' {store}; base-uri 'none'"
)
DROP = 0  # a fault that is no answer at all
CUT = -1  # a fault in the middle of what is sent


class Site:
    """What is shown (`pages` by address; `partials`, of which scripts get the next one), asked and stored.

    `faults["put"] = [500, DROP]` spoils the next answers of that kind. Files over `whole_up_to` go up in parts of
    `part_bytes`; `got` lists (digest, part number or 0, bytes that came) of everything that was put. What comes
    after `hold_after` of them waits; the parts that it `loses` are forgotten once.
    `broken` says of a photo why it cannot be rendered, `remedies` what would help.
    """

    def __init__(self) -> None:
        self.faults: dict[str, list[int]] = defaultdict(list)
        self.pages: dict[str, Page] = {}
        self.partials: dict[str, list[Page]] = {}
        self.whole_up_to, self.part_bytes, self.room_bytes = 1_000_000, 200_000, 10**10
        self.stored: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = defaultdict(dict)
        self.got: list[tuple[str, int, int]] = []
        self.announced: list[list[dict[str, Any]]] = []
        self.renewed = 0
        self.has_service_worker = False
        self.broken: dict[str, str] = {}
        self.remedies: dict[str, str] = {}
        self.accepted = set[str]()
        self.cancelled: list[str] = []
        self.finished: list[dict[str, Any]] = []
        self.in_flight = self.most_in_flight = 0
        self.hold_after, self.loses, self.forgets = 10**6, set[int](), False
        self.hold = threading.Event()
        self.hold.set()
        self.lock = threading.Lock()
        self.server = Server(("127.0.0.1", 0), type("Answers", (Answers,), {"site": self}))
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url, self.store = f"http://localhost:{self.port}", f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()

    def wait(self, line: socket.socket) -> bool:
        """Keep one who puts something waiting, when it was asked for; return whether they hung up meanwhile."""
        until = time.monotonic() + 20
        while self.is_holding() and time.monotonic() < until:
            if has_hung_up(line):
                return True
            time.sleep(0.01)
        return False

    def is_holding(self) -> bool:
        """Return whether those who put something wait."""
        return not self.forgets and (len(self.got) > self.hold_after or not self.hold.is_set())

    def release(self) -> None:
        """Store what waits, and what comes."""
        self.hold_after = 10**6

    def forget_held(self) -> None:
        """Lose what waits, as when the line was cut; take what comes."""
        self.forgets = True
        while self.in_flight:
            time.sleep(0.01)
        self.hold_after, self.forgets = 10**6, False

    def await_hang_up(self) -> None:
        """Return once all clients that were kept waiting have hung up by themselves; take what comes."""
        until = time.monotonic() + 10
        while self.in_flight:
            assert time.monotonic() < until, "the browser goes on sending"
            time.sleep(0.01)
        self.hold_after = 10**6

    def begin(self, files: list[dict[str, Any]]) -> dict[str, Any]:
        """Answer each announced file with an address of the store, as a duplicate, or with why not."""
        self.announced.append(files)
        return {"uploads": [self.offer(file) for file in files]}

    def offer(self, file: dict[str, Any]) -> dict[str, Any]:
        """Return the answer for one file."""
        digest = file["sha256"]
        if any(done["sha256"] == digest for done in self.finished):
            return {"duplicate": True, "pid": "old", "photo_url": "/p/old/", "seen": "only you see it"}
        if file["size"] > self.room_bytes:
            return {
                "error": {"code": "quota_exceeded", "message": "You have no storage left for this photo."}
            }
        ticket = json.dumps(file)
        if file["size"] > self.whole_up_to:
            return {"ticket": ticket, "parts": self.plan(file)}
        url = f"{self.store}/put/{digest}"
        return {"ticket": ticket, "url": url, "headers": {"Content-Type": file["type"]}}

    def plan(self, file: dict[str, Any]) -> dict[str, Any]:
        """Return where the parts of a file go, and which are there."""
        count = -(-file["size"] // self.part_bytes)
        assert len(file["part_sha256s"]) == count
        addresses = [
            {
                "url": f"{self.store}/put/{file['sha256']}/{number}",
                "headers": {"x-amz-checksum-sha256": digest},
            }
            for number, digest in enumerate(file["part_sha256s"], 1)
        ]
        return {"size": self.part_bytes, "addresses": addresses, "done": sorted(self.parts[file["sha256"]])}

    def renew(self, ticket: str) -> dict[str, Any]:
        """Answer with fresh addresses for the parts."""
        self.renewed += 1
        return {"ticket": ticket, "parts": self.plan(json.loads(ticket))}

    def cancel(self, ticket: str) -> dict[str, Any]:
        """Forget what is stored of a file."""
        digest = json.loads(ticket)["sha256"]
        self.cancelled.append(digest)
        self.parts.pop(digest, None)
        self.stored.pop(digest, None)
        return {"cancelled": True}

    def finish(self, ticket: str) -> tuple[int, dict[str, Any]]:
        """Accept what is stored under a ticket."""
        file = json.loads(ticket)
        parts = self.parts[file["sha256"]]
        if sum(map(len, parts.values())) == file["size"]:
            self.stored[file["sha256"]] = b"".join(parts[number] for number in sorted(parts))
        stored = self.stored.get(file["sha256"])
        if stored is None:
            return 409, {"error": {"code": "not_stored", "message": "Not here."}}
        assert hashlib.sha256(stored).hexdigest() == file["sha256"]
        pid, is_new = file["sha256"][:8], ticket not in self.accepted
        if is_new:
            self.finished.append(file)
        tile = Tile(pid=pid, state="received", is_ready=False) if is_new else self.tile(pid)
        self.accepted.add(ticket)
        html = Page("photos/grid/tile.html", {"tile": tile}).render()
        return 201, {"pid": pid, "photo_url": "/p/x/", "tile_html": html}

    def tile(self, pid: str) -> Tile:
        """Return what has become of a photo."""
        if pid in self.broken:
            why, remedy = self.broken[pid], self.remedies.get(pid, "")
            return Tile(pid=pid, state="failed", is_ready=False, is_failed=True, failure=why, remedy=remedy)
        return Tile(pid=pid, src=f"{self.store}/static/img/touch-icon.png", jpeg_srcset="", webp_srcset="")

    def put(self, address: str, body: bytes) -> None:
        """Store a file, or a part of one."""
        digest, _, number = address.partition("/")
        if number and int(number) in self.loses:
            self.loses.remove(int(number))
        elif number:
            self.parts[digest][int(number)] = body
        else:
            self.stored[digest] = body


def has_hung_up(line: socket.socket) -> bool:
    """Return whether the client has hung up."""
    if not select.select([line], [], [], 0)[0]:
        return False
    try:
        return line.recv(1, socket.MSG_PEEK) == b""
    except ConnectionResetError:
        return True


class Server(ThreadingHTTPServer):
    """A server whose visitors may leave in the middle of an answer, as browsers do."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print a traceback, as the base class does, but not about a connection that the browser has closed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


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
        elif where.path == "/service-worker.js" and self.site.has_service_worker:
            self.answer(
                200, (importmap.FOLDER / "site" / "service-worker.js").read_bytes(), "text/javascript"
            )
        elif where.path == "/service-worker.js":
            self.answer(404, b"", "text/plain")
        elif where.path == reverse("upload-formats"):
            self.answer(200, json.dumps(format_table.as_json(str)).encode(), "application/json")
        elif where.path.rstrip("/") == "/tiles":
            ids = parse_qs(where.query)["id"]
            tiles = [self.site.tile(pid) for pid in ids if pid != "slow"]
            self.answer(200, Page("photos/grid/tiles.html", {"tiles": tiles}).render().encode(), "text/html")
        else:
            page = self.site.pages.get(self.path) or upload_page()
            if self.headers.get("HX-Request") and self.site.partials.get(self.path):
                page = self.site.partials[self.path].pop(0)
            html = page.render().replace('"/static/', f'"{self.site.store}/static/')
            html = html.replace(f'worker-url="{self.site.store}', 'worker-url="')
            self.answer(200, html.encode(), "text/html")

    def do_POST(self) -> None:
        """Begin, renew, cancel and finish."""
        body = json.loads(self.body())
        kind = self.path.removeprefix("/api/uploads/").strip("/") or "begin"
        if self.spoiled(kind):
            return
        if kind == "finish":
            status, said = self.site.finish(body["ticket"])
            if self.spoiled("finished"):
                return
        else:
            asked = {"parts": self.site.renew, "cancel": self.site.cancel}
            said = self.site.begin(body["files"]) if kind == "begin" else asked[kind](body["ticket"])
            status = 200
        self.answer(status, json.dumps(said).encode(), "application/json")

    def do_OPTIONS(self) -> None:
        """Let the page's origin put files."""
        self.answer(204, b"", "text/plain")

    def do_PUT(self) -> None:
        """Store what comes."""
        digest, _, number = self.path.removeprefix("/put/").partition("/")
        kind = "part" if number else "put"
        if self.site.faults[kind][:1] == [CUT]:
            self.site.faults[kind].pop(0)
            self.rfile.read(int(self.headers["Content-Length"]) // 2)
            self.close_connection = True
            return
        with self.site.lock:
            self.site.in_flight += 1
            self.site.most_in_flight = max(self.site.most_in_flight, self.site.in_flight)
        body = self.body()
        self.site.got.append((digest, int(number or 0), len(body)))
        is_lost = self.site.wait(self.connection) or self.site.forgets
        if number and hashlib.sha256(body).hexdigest() != self.headers["x-amz-checksum-sha256"]:
            is_lost = True
        with self.site.lock:
            self.site.in_flight -= 1
        if is_lost:
            self.close_connection = True
        elif not self.spoiled(kind):
            self.site.put(self.path.removeprefix("/put/"), body)
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
