"""Silent primaries: callers do not wait for them, and they are asked again."""

import socket
import tempfile
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connections, transaction
from pytest_django import Settings

from sharding.connections import disconnecting, primaries
from sharding.connections.primaries import PrimaryWatch, Silent
from sharding.connections.probe import Answer, NoAnswer, Probe, Silence

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

WELL = Answer(replayed=1, received=1, last_commit_age_seconds=0, is_streaming=True)


class StubProbe(Probe):
    """A probe with given answers."""

    def __init__(self) -> None:
        super().__init__("shard0")
        self.says: Answer | NoAnswer = WELL

    def ask(self) -> Answer:
        if isinstance(self.says, NoAnswer):
            raise self.says
        return self.says


@pytest.fixture
def probe() -> StubProbe:
    return StubProbe()


@pytest.fixture
def watch(probe: StubProbe, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrimaryWatch]:
    """The watch of shard0, which asks only when a test calls `step`."""
    watch = PrimaryWatch("shard0", probe)
    monkeypatch.setattr(watch, "_ensure_started", lambda: None)
    monkeypatch.setitem(primaries._watches, "shard0", watch)
    yield watch
    connections["shard0"].close()


@pytest.fixture(autouse=True)
def _no_sleepers() -> Iterator[None]:
    """End statements that still sleep on the server: they would keep the test databases from being dropped."""
    yield
    with connections["shard1"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE query LIKE '%%pg_sleep%%' AND pid <> pg_backend_pid()"
        )
    connections["shard1"].close()


def ask(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_silent_primary_is_not_asked_and_the_others_are(watch: PrimaryWatch, probe: StubProbe) -> None:
    ask("shard0")
    probe.says = Silence("no answer")
    watch.step()
    for alias in ("shard1", "default"):
        ask(alias)
    began = time.monotonic()
    with pytest.raises(Silent):
        ask("shard0")
    with pytest.raises(Silent), transaction.atomic(using="shard0"):
        ask("shard0")
    connections["shard0"].close()
    with pytest.raises(Silent):
        connections["shard0"].ensure_connection()
    assert time.monotonic() - began < 0.5
    probe.says = WELL
    watch.step()
    ask("shard0")


def test_waiting_callers_are_freed(watch: PrimaryWatch, probe: StubProbe) -> None:
    freed: list[float] = []

    def wait() -> None:
        with pytest.raises(OperationalError), connections["shard0"].cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")
        freed.append(time.monotonic())
        connections["shard0"].close()

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.3)
    probe.says = Silence("no answer")
    watch.step()
    waiting.join(5)
    assert freed


def test_only_the_first_caller_waits_for_a_connection_in_vain(
    watch: PrimaryWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connections["shard0"]
    connection.close()
    monkeypatch.setattr(primaries, "ANSWER_SECONDS", 0.1)
    with socket.socket(socket.AF_UNIX) as deaf, tempfile.TemporaryDirectory() as folder:
        deaf.bind(f"{folder}/.s.PGSQL.5432")
        deaf.listen()
        monkeypatch.setitem(connection.settings_dict, "HOST", folder)
        monkeypatch.setitem(connection.settings_dict, "PORT", "5432")
        with pytest.raises(OperationalError, match="timeout"):
            connection.ensure_connection()
        assert watch.is_silent
        began = time.monotonic()
        with pytest.raises(Silent):
            connection.ensure_connection()
        assert time.monotonic() - began < 0.5
    watch.step()
    assert not watch.is_silent


def test_one_that_refuses_is_not_called_silent(watch: PrimaryWatch, probe: StubProbe) -> None:
    probe.says = Silence("no answer")
    watch.step()
    connections["shard0"].close()  # it may have been broken
    probe.says = NoAnswer("connection refused")
    watch.step()
    ask("shard0")


def test_a_server_that_takes_connections_and_says_nothing_is_silent() -> None:
    connection = connections["shard0"]
    asking = Probe("shard0", answer_seconds=0.1)
    asking.ask()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sharding.connections.probe._QUESTION", b"SELECT pg_sleep(5)")
        with pytest.raises(Silence):
            asking.ask()
    connection.close()


def test_the_thread_starts_with_the_first_use_and_ends_without_use(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WATCH_PRIMARIES = True
    monkeypatch.setattr(primaries, "FORGOTTEN_SECONDS", 0.3)
    monkeypatch.setattr(primaries, "POLL_SECONDS", 0.05)
    try:
        ask("shard0")
        names = {thread.name for thread in threading.enumerate()}
        assert "watch-shard0" in names
        assert not primaries.is_silent("shard0")
        deadline = time.monotonic() + 5
        while "watch-shard0" in {thread.name for thread in threading.enumerate()}:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        ask("shard0")
        assert "watch-shard0" in {thread.name for thread in threading.enumerate()}
    finally:
        primaries.forget()
    assert "watch-shard0" not in {thread.name for thread in threading.enumerate()}


def test_replicas_have_a_watch_of_their_own(settings: Settings) -> None:
    settings.WATCH_PRIMARIES = True
    primaries.admit("shard0_r1")
    assert "shard0_r1" not in primaries._watches


def test_severing_spares_the_connection_that_asks() -> None:
    asking = Probe("shard1")
    asking.ask()
    connections["shard1"].close()
    assert disconnecting.disconnect("shard1") == 0
    asking.ask()
    asking.close()
