"""One statement on one connection, sent without waiting for its answer, with its time limit in the same round trip.

Uses libpq's pipeline mode (https://www.postgresql.org/docs/18/libpq-pipeline-mode.html): statements up to a sync are
one transaction, so a setting of the first statement bounds the second and ends with it, also behind a pooler in
transaction mode."""

import contextlib
import time
from typing import Any

import psycopg
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import pq
from psycopg.adapt import Transformer

from sharding.connections.deadline import Late

_FAILED = {pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.NONFATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED}


class Read:
    """A statement that was sent. The caller polls `socket` until `is_done`, and uses the connection for nothing else.

    Raises Django's database errors, and `Late` when no time is left."""

    def __init__(self, connection: BaseDatabaseWrapper, statement: bytes, until: float) -> None:
        self.connection = connection
        self.is_done = False
        self.is_unsent = False
        self._statement = statement
        self._began = time.monotonic()
        self._results: list[pq.abc.PGresult] = []
        self._raw: psycopg.Connection[Any] = connection.connection
        self._pgconn = self._raw.pgconn
        left_ms = int((until - self._began) * 1000)
        if left_ms < 1:
            raise Late("no time was left for the statement")
        try:
            with connection.wrap_database_errors:
                self.socket = self._pgconn.socket
                self._ask(left_ms)
        except DatabaseError:
            self.abandon()
            raise

    def advance(self) -> None:
        """Take the results that have arrived, and send what is left to send."""
        with self.connection.wrap_database_errors:
            if self.is_unsent:
                self.is_unsent = bool(self._pgconn.flush())
            self._pgconn.consume_input()
            while not self.is_done and not self._pgconn.is_busy():
                result = self._pgconn.get_result()
                if self._pgconn.status == pq.ConnStatus.BAD:
                    raise psycopg.OperationalError(
                        self._pgconn.get_error_message() or "the connection is lost"
                    )
                if result is not None:
                    self._take(result)

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows as tuples; call it when `is_done`. Raises the statement's error."""
        with self.connection.wrap_database_errors:
            for result in self._results:
                if result.status in _FAILED:
                    self._raise(psycopg.errors.error_from_result(result, self._raw.info.encoding))
        self._log()
        answer = self._results[1]
        loading = Transformer(self._raw)
        loading.set_pgresult(answer)
        return loading.load_rows(0, answer.ntuples, tuple)

    def abandon(self) -> None:
        """Close the connection: a late answer on it would be taken for the answer of the next statement."""
        with contextlib.suppress(DatabaseError):
            self.connection.close()

    def _ask(self, left_ms: int) -> None:
        self._pgconn.enter_pipeline_mode()
        self._send(b"SELECT set_config('statement_timeout', '%d', true)" % left_ms)
        self._send(self._statement)
        if self.connection.in_atomic_block:
            # The caller's transaction goes on: the setting must not outlive this statement.
            self._send(b"SET LOCAL statement_timeout TO DEFAULT")
        self._pgconn.pipeline_sync()
        self.is_unsent = bool(self._pgconn.flush())

    def _send(self, statement: bytes) -> None:
        self._pgconn.send_query_params(statement, None)

    def _take(self, result: "pq.abc.PGresult") -> None:
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            self.is_done = True
            self._pgconn.exit_pipeline_mode()
        else:
            self._results.append(result)

    def _raise(self, error: psycopg.Error) -> None:
        if isinstance(error, psycopg.errors.QueryCanceled):
            raise Late("the statement was ended at its deadline") from error
        raise error

    def _log(self) -> None:
        """Log the statement as Django's debug cursors do, so that tests can count queries."""
        if self.connection.queries_logged:
            seconds = time.monotonic() - self._began
            self.connection.queries_log.append(
                {"sql": self._statement.decode(self._raw.info.encoding), "time": f"{seconds:.3f}"}
            )
