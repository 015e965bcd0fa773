"""Writers that record acknowledged inserts in files: each must be in the database afterwards."""

import os
import statistics
import threading
import time
from pathlib import Path

import psycopg

from config.env import named_urls
from tests.topology.running import Topology

TABLE = "CREATE TABLE IF NOT EXISTS ledger (id bigint PRIMARY KEY, writer integer NOT NULL)"
CONNECT = "connect_timeout=2&target_session_attrs=read-write"


def primary_url(topology: Topology, shard: str) -> str:
    """Return the URL by which the application finds the primary of a shard."""
    lines = (topology.var / "env").read_text().splitlines()
    values = {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}
    return f"{dict(named_urls(values['SHARD_URLS']))[shard]}&{CONNECT}"


class Writers:
    """Threads that insert one row after another, each in a transaction of its own, and note what was acknowledged."""

    def __init__(self, url: str, books: Path, *, count: int = 8) -> None:
        self.url, self.books = url, books
        self.acknowledged_at: list[float] = []
        self.seconds: list[float] = []
        self.failures = 0
        self._stop = threading.Event()
        books.mkdir(exist_ok=True)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLE)
        self._threads = [threading.Thread(target=self._write, args=(n,), daemon=True) for n in range(count)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(15)

    def acknowledged(self) -> set[int]:
        """Return every id in the books."""
        return {int(line) for book in self.books.iterdir() for line in book.read_text().split()}

    def lost(self) -> set[int]:
        """Return the ids that were acknowledged and are not stored."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            stored = {row[0] for row in connection.execute("SELECT id FROM ledger")}
        return self.acknowledged() - stored

    def first_after(self, moment: float) -> float | None:
        """Return the seconds from a moment to the first acknowledgement after it; None if there is none."""
        return next((at - moment for at in sorted(self.acknowledged_at) if at > moment), None)

    def median_ms(self) -> float:
        return statistics.median(self.seconds) * 1000

    def _write(self, writer: int) -> None:
        connection: psycopg.Connection | None = None
        with (self.books / f"{os.getpid()}-{writer}").open("a", buffering=1) as book:
            while not self._stop.is_set():
                identity = time.time_ns() // 1000 * 100 + writer
                began = time.monotonic()
                try:
                    connection = connection or psycopg.connect(self.url, autocommit=True)
                    connection.execute("INSERT INTO ledger VALUES (%s, %s)", (identity, writer))
                except psycopg.Error:
                    self.failures += 1
                    _close(connection)
                    connection = None
                    time.sleep(0.05)
                    continue
                book.write(f"{identity}\n")
                self.seconds.append(time.monotonic() - began)
                self.acknowledged_at.append(time.monotonic())
        _close(connection)


def _close(connection: psycopg.Connection | None) -> None:
    if connection is not None:
        connection.close()
