"""Dependencies are asked at once, with one deadline; a probe that hangs is not started twice."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pytest_django import Settings

from ops import dependencies
from ops.dependencies import StoreFailing, ask_store, states


@pytest.fixture(autouse=True)
def _no_probe_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "_running", {})


@pytest.fixture
def frozen() -> Iterator[threading.Event]:
    """An event that a hanging probe waits for; set when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def test_frozen_servers_delay_the_answer_no_longer_than_the_deadline(
    frozen: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def hang() -> None:
        calls.append("shard1")
        frozen.wait(10)

    def fail() -> None:
        raise ConnectionRefusedError

    probes = {"shard0": lambda: None, "shard1": hang, "shard1_r1": hang, "store": fail}
    monkeypatch.setattr(dependencies, "probes", lambda: probes)
    monkeypatch.setattr(dependencies, "DEADLINE_SECONDS", 0.2)
    for _ in range(3):
        started = time.monotonic()
        assert states() == {
            "shard0": "ok",
            "shard1": "no answer within 0.2 s",
            "shard1_r1": "no answer within 0.2 s",
            "store": "ConnectionRefusedError",
        }
        assert time.monotonic() - started < 0.4
    assert len(calls) == 2, "each hangs in one thread, however often it is asked for"
    frozen.set()
    time.sleep(0.1)
    assert states()["shard1"] == "ok"


class Store(BaseHTTPRequestHandler):
    """Answers every HEAD with one status."""

    status = 403

    def do_HEAD(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Log nothing."""


@contextmanager
def serving(status: int, settings: Settings) -> Iterator[None]:
    """Run a store that answers every HEAD with `status`, and point the settings at it."""
    server = HTTPServer(("127.0.0.1", 0), type("Handler", (Store,), {"status": status}))
    threading.Thread(target=server.handle_request, daemon=True).start()
    settings.S3_ENDPOINT_URL = f"http://127.0.0.1:{server.server_port}"
    try:
        yield
    finally:
        server.server_close()


@pytest.mark.parametrize("status", [200, 403, 405])
def test_a_store_that_refuses_is_there(status: int, settings: Settings) -> None:
    with serving(status, settings):
        ask_store()


def test_a_store_that_fails_is_not(settings: Settings) -> None:
    with serving(503, settings), pytest.raises(StoreFailing, match="503"):
        ask_store()


def test_a_store_that_is_gone_is_not(settings: Settings) -> None:
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    with pytest.raises(ConnectionRefusedError):
        ask_store()


def test_a_store_that_takes_connections_and_says_nothing_is_not(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.S3_ENDPOINT_URL = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            ask_store()
        assert time.monotonic() - started < dependencies.STORE_SECONDS + 0.3
