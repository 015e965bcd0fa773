"""A store that hangs does not hang web threads."""

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
    """Yield the listening socket of a store that accepts connections and never answers."""
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


def connections_made(server: socket.socket) -> int:
    """Return how many connections wait, after accepting and closing them."""
    server.setblocking(False)
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            count += 1
    return count


def test_a_web_thread_waits_shortly_and_once(hanging: socket.socket) -> None:
    assert 1 < seconds_to_fail() < 10
    assert connections_made(hanging) == 1
    seconds_to_fail()
    assert connections_made(hanging) == 0, "the next one is told at once"
    time.sleep(0.5)
    assert seconds_to_fail() > 1
    assert connections_made(hanging) == 1, "and after a while the store is asked again"
