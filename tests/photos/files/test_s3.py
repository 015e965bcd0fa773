"""A store that hangs must not hang the pages."""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import storages

from photos.files import s3


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A store that takes connections and never answers: its listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        stores: dict[str, Any] = settings.STORAGES
        changed = {
            name: {**one, "OPTIONS": {**one["OPTIONS"], "endpoint_url": address}} if "OPTIONS" in one else one
            for name, one in stores.items()
        }
        monkeypatch.setitem(storages.__dict__, "backends", changed)
        monkeypatch.setattr(storages, "_storages", {})
        monkeypatch.setattr(s3, "_patience", s3.Patience(away_seconds=0.5))
        s3._client.cache_clear()
        yield server
        s3._client.cache_clear()


def seconds_to_fail() -> float:
    began = time.monotonic()
    with pytest.raises(s3.StorageUnavailable):
        s3.ask("up/a/b")
    return time.monotonic() - began


def times_asked(server: socket.socket) -> int:
    """How many connections wait to be taken, which are taken with it."""
    server.setblocking(False)
    asked = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            asked += 1
    return asked


def test_a_web_thread_waits_shortly_and_once(hanging: socket.socket) -> None:
    assert 1 < seconds_to_fail() < 10
    assert times_asked(hanging) == 1
    seconds_to_fail()
    assert times_asked(hanging) == 0, "the next one is told at once"
    time.sleep(0.5)
    assert seconds_to_fail() > 1
    assert times_asked(hanging) == 1, "and after a while the store is asked again"
