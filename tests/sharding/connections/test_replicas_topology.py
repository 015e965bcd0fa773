"""A real streaming replica: paused, idle, frozen, cut off, promoted."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as project
from django.db import OperationalError, connections
from pytest_django import DjangoDbBlocker, Settings

from ops.topology.machine import binaries, unprivileged
from sharding.connections import replicas
from sharding.connections import watch as watching
from sharding.connections.probe import EVERYTHING, Probe
from sharding.consistency import causal
from sharding.consistency.tokens import Tokens

pytestmark = pytest.mark.topology

OPTIONS = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "io_method=sync", "-c", "shared_buffers=32MB"]


class Server:
    """One PostgreSQL server, whose processes a test can stop, kill and continue."""

    def __init__(self, run: Path, name: str, port: int) -> None:
        self.run, self.data, self.port = run, run / name, port
        self.process: subprocess.Popen[bytes] | None = None

    def call(self, program: str, *arguments: object) -> None:
        argv = unprivileged.wrap([str(binaries.postgres_bin(program)), *map(str, arguments)])
        subprocess.run(argv, check=True, capture_output=True)

    def start(self) -> None:
        argv = [
            str(binaries.postgres_bin("postgres")),
            "-D",
            str(self.data),
            "-p",
            str(self.port),
            "-k",
            str(self.run),
        ]
        with (self.run / f"{self.data.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                unprivileged.wrap([*argv, *OPTIONS]), stdout=log, stderr=log, cwd=self.run
            )
        assert _eventually(self.is_up, 30)

    def is_up(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            return bool(self.ask("SELECT 1"))
        return False

    def ask(self, sql: str) -> Any:
        """The first value of the query's first row."""
        dsn = f"host={self.run} port={self.port} user=tessera dbname=postgres"
        with psycopg.connect(dsn, autocommit=True) as connection:
            cursor = connection.execute(sql)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def signal(self, number: int) -> None:
        """Send a signal to the server and all its backends."""
        postmaster = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        backends = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(postmaster)], capture_output=True, check=False
        )
        for pid in [postmaster, *map(int, backends.stdout.split())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self) -> None:
        if self.process is not None:
            with contextlib.suppress(FileNotFoundError, IndexError):
                self.signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()


class Pair:
    """A primary, its replica, and the aliases by which Django knows them."""

    def __init__(self, run: Path) -> None:
        self.primary = Server(run, "primary", 5432)
        self.replica = Server(run, "replica", 5433)

    def start(self) -> None:
        how = ["-U", "tessera", "-A", "trust", "-N", "--no-instructions"]
        self.primary.call("initdb", "-D", self.primary.data, *how)
        self.primary.start()
        self.primary.ask("CREATE TABLE seen (id bigint PRIMARY KEY)")
        source = ["-h", self.primary.run, "-p", 5432, "-U", "tessera", "-c", "fast", "-N"]
        self.replica.call("pg_basebackup", *source, "-D", self.replica.data, "-R", "-X", "stream")
        self.replica.start()

    def stop(self) -> None:
        self.replica.stop()
        self.primary.stop()


@pytest.fixture
def pair(settings: Settings, django_db_blocker: DjangoDbBlocker) -> Iterator[Pair]:
    run = Path(tempfile.mkdtemp(prefix="tessera-pair-", dir="/tmp"))
    unprivileged.give(run)
    pair = Pair(run)
    settings.SHARDS, settings.REPLICAS, settings.READ_FROM_REPLICAS = ["real"], {"real": ["real_r1"]}, True
    for alias, model, server in (("real", "shard0", pair.primary), ("real_r1", "shard0_r1", pair.replica)):
        place = {"NAME": "postgres", "HOST": str(run), "PORT": str(server.port), "USER": "tessera"}
        connections.settings[alias] = {**project.DATABASES[model], **place}
    replicas.forget()
    try:
        with django_db_blocker.unblock():
            pair.start()
            assert _eventually(lambda: replicas.choose("real", 0) == "real_r1")
            yield pair
    finally:
        replicas.forget()
        pair.stop()
        for alias in ("real", "real_r1"):
            connections[alias].close()
            del connections.settings[alias], connections[alias]
        shutil.rmtree(run, ignore_errors=True)


def _write(number: int) -> Tokens:
    with causal.session() as session:
        with connections["real"].cursor() as cursor:
            cursor.execute("INSERT INTO seen VALUES (%s)", [number])
        return session.written()


def _sees(number: int, token: Tokens) -> tuple[bool, str]:
    """Whether a reader with that token sees the row, and the alias that answered."""
    with causal.session(token):
        alias = causal.alias_for_read("real")
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM seen WHERE id = %s", [number])
            return cursor.fetchone()[0] == 1, alias


def _eventually(is_so: Callable[[], object], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def test_writers_see_their_own_writes_whatever_the_replica_does(pair: Pair) -> None:
    answered_by: list[str] = []
    for number in range(2000):
        if number % 100 == 0:
            pair.replica.ask("SELECT pg_wal_replay_pause()")
        if number % 100 == 50:
            pair.replica.ask("SELECT pg_wal_replay_resume()")
        is_seen, alias = _sees(number, _write(number))
        assert is_seen, (number, alias)
        answered_by.append(alias)
    assert set(answered_by) == {"real", "real_r1"}


def test_a_paused_replica_really_is_behind_and_comes_back(pair: Pair) -> None:
    pair.replica.ask("SELECT pg_wal_replay_pause()")
    time.sleep(0.1)
    token = _write(1)
    assert _sees(1, {}) == (False, "real_r1")
    assert _sees(1, token) == (True, "real")
    pair.replica.ask("SELECT pg_wal_replay_resume()")
    assert _eventually(lambda: _sees(1, token) == (True, "real_r1"))


def test_a_replica_that_lags_too_much_is_dropped_and_an_idle_one_is_not(
    pair: Pair, settings: Settings
) -> None:
    settings.REPLICA_MAX_LAG_SECONDS = 1
    idle_until = time.monotonic() + 2.5
    while time.monotonic() < idle_until:
        assert replicas._watches.ensure("real_r1").dropped_because == ""
        replicas.choose("real", 0)
        time.sleep(0.05)
    pair.replica.ask("SELECT pg_wal_replay_pause()")
    _write(1)
    assert _eventually(lambda: replicas.choose("real", 0) is None)
    assert "s behind" in replicas._watches.ensure("real_r1").dropped_because
    pair.replica.ask("SELECT pg_wal_replay_resume()")
    assert _eventually(lambda: replicas.choose("real", 0) == "real_r1")


def test_a_frozen_replica_is_passed_over_and_its_waiting_readers_are_freed(pair: Pair) -> None:
    replica = connections["real_r1"]
    replica.ensure_connection()
    pair.replica.signal(signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(OperationalError), _reading_meanwhile(), replica.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert time.monotonic() - started < 8
    assert replicas.choose("real", 0) is None
    replica.close()
    pair.replica.signal(signal.SIGCONT)
    assert _eventually(lambda: replicas.choose("real", 0) == "real_r1", 20)


@contextlib.contextmanager
def _reading_meanwhile() -> Iterator[None]:
    """Other readers keep the replica watched meanwhile."""
    watch = replicas._watches.ensure("real_r1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch, "_is_wanted", lambda: True)
        yield


def test_a_killed_replica_is_dropped_and_used_again_when_it_is_back(pair: Pair) -> None:
    pair.replica.signal(signal.SIGKILL)
    assert _eventually(lambda: replicas.choose("real", 0) is None)
    pair.replica.stop()
    (pair.replica.data / "postmaster.pid").unlink(missing_ok=True)
    pair.replica.start()
    assert _eventually(lambda: replicas.choose("real", 0) == "real_r1", 20)
    connections["real_r1"].close()
    assert _sees(1, _write(1))[0]


def test_a_replica_outlives_its_primary_as_long_as_that_is_dead(
    pair: Pair, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REPLICA_MAX_LAG_SECONDS = 1
    monkeypatch.setattr(watching, "IDLE_SECONDS", 0.2)
    pair.primary.signal(signal.SIGKILL)
    until = time.monotonic() + 3
    while time.monotonic() < until:
        assert _eventually(lambda: replicas.choose("real", 0) == "real_r1", 1)
        time.sleep(0.05)


def test_a_promoted_replica_has_everything_there_is(pair: Pair) -> None:
    lost = {"real": 2**62}
    assert _sees(1, lost)[1] == "real"
    pair.primary.signal(signal.SIGKILL)
    pair.replica.ask("SELECT pg_promote()")
    probe = Probe("real_r1")
    assert _eventually(lambda: probe.ask().replayed == EVERYTHING)
    probe.close()
    assert _eventually(lambda: _sees(1, lost) == (False, "real_r1"))
