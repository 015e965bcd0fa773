"""Asks one server for its replication state, on a connection of its own and with a deadline.

A frozen server keeps its sockets open and does not answer. No time-out of libpq ends such a wait on a local socket, so
the deadline is enforced here."""

import select
import time
from dataclasses import dataclass

import django.db
import psycopg
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import pq

ANSWER_SECONDS = 2.0
# The LSN of a server that is not in recovery: a primary lacks nothing of its own history.
EVERYTHING = 2**64

# `pg_stat_wal_receiver` has a row only while the replica is connected to its primary.
_QUESTION = b"""
SELECT pg_is_in_recovery(),
       coalesce(pg_last_wal_replay_lsn() - '0/0'::pg_lsn, 0),
       coalesce(pg_last_wal_receive_lsn() - '0/0'::pg_lsn, 0),
       coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 'infinity'),
       EXISTS (SELECT FROM pg_stat_wal_receiver)
"""


class NoAnswer(Exception):
    """The server is gone, refuses the connection or has not answered in time."""


class Silence(NoAnswer):
    """The server neither answered nor refused."""


@dataclass(frozen=True)
class Answer:
    """The replication state of a server, by its own account."""

    replayed: int  # LSN
    received: int  # LSN; received is not replayed
    last_commit_age_seconds: float  # of the last transaction that it replayed, infinite when there is none
    is_streaming: bool


class Probe:
    """A connection to one alias for questions about its state. Not thread-safe."""

    def __init__(self, alias: str, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self.alias = alias
        self._answer_seconds = answer_seconds
        self._wrapper: BaseDatabaseWrapper | None = None

    def ask(self) -> Answer:
        """The server's state now. Raises NoAnswer, after which the next call connects again."""
        began = time.monotonic()
        try:
            connection = self._connection()
            row = _ask(connection, _QUESTION, self._answer_seconds)
        except (psycopg.Error, django.db.Error, OSError) as error:
            self.close()
            # A refusal comes at once; only silence takes the whole time.
            has_waited = time.monotonic() - began >= self._answer_seconds
            raise (Silence if has_waited else NoAnswer)(f"{self.alias}: {error}") from error
        except NoAnswer:
            self.close()
            raise
        in_recovery, replayed, received, age, is_streaming = row
        if in_recovery != b"t":
            return Answer(EVERYTHING, EVERYTHING, last_commit_age_seconds=0, is_streaming=True)
        return Answer(int(replayed), int(received), float(age), is_streaming=is_streaming == b"t")

    def is_reachable(self) -> bool:
        """Whether the server answers at all."""
        try:
            self.ask()
        except NoAnswer:
            return False
        return True

    def close(self) -> None:
        if self._wrapper is not None:
            self._wrapper.close()
            self._wrapper = None

    def _connection(self) -> "psycopg.Connection[object]":
        if self._wrapper is None:
            wrapper = connections.create_connection(self.alias)
            wrapper.is_probe = True  # type: ignore[attr-defined]  # of our own backend
            wrapper.inc_thread_sharing()
            wrapper.connect()
            self._wrapper = wrapper
        connection: psycopg.Connection[object] = self._wrapper.connection
        return connection


def _ask(connection: "psycopg.Connection[object]", question: bytes, seconds: float) -> list[bytes]:
    """The first row of the answer, as text. Raises Silence when there is none within so many seconds."""
    deadline = time.monotonic() + seconds
    pgconn = connection.pgconn
    pgconn.send_query(question)
    pgconn.flush()
    row: list[bytes] = []
    while True:
        while pgconn.is_busy():
            if not select.select([pgconn.socket], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise Silence(f"no answer within {seconds:g} s")
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            return row
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise psycopg.OperationalError(pgconn.error_message.decode(errors="replace").strip())
        row = [result.get_value(0, column) or b"" for column in range(result.nfields)]
