"""A page that was not sent again works as it did: its scripts are those that its own policy allows."""

import threading
from collections.abc import Iterable, Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref import simple_server
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Browser


class Server(ThreadingMixIn, WSGIServer):
    """As many requests at once as a browser asks."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gave it
        """Say nothing."""


class Site:
    """The site itself, for visitors who are signed out: that needs no database. Keeps what it has answered."""

    def __init__(self) -> None:
        self.application = StaticFilesHandler(get_wsgi_application())
        self.answered: list[tuple[str, str]] = []

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, *rest: Any) -> Any:
            self.answered.append((environ["PATH_INFO"], status))
            return start_response(status, *rest)

        return self.application(environ, start)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def address(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    # Browsers ask a server of HTTP 1.0 nothing by an ETag.
    monkeypatch.setattr(simple_server.ServerHandler, "http_version", "1.1")
    with make_server("localhost", 0, site, server_class=Server, handler_class=Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def test_a_page_from_the_browsers_own_copy_keeps_its_scripts(
    chromium: Browser, site: Site, address: str
) -> None:
    tab = chromium.new_page()
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    for _ in range(3):
        tab.goto(address)
        tab.wait_for_function("() => !!window.htmx && !!customElements.get('photo-tiles')")
    tab.close()
    # The first answer brings the cookie of the form that chooses a language, and the second is made with it.
    assert [status[:3] for path, status in site.answered if path == "/"] == ["200", "200", "304"]
    assert complaints == []
