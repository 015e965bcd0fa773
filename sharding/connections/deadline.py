"""A deadline that the server enforces: it ends a statement whose reader has stopped waiting.

Within `enforced`, each statement runs with `statement_timeout` set to the time left, for its transaction only: the
setting never stays behind on a connection that is used again, also behind a pooler."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from django.conf import settings
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper


class Late(OperationalError):
    """No time was left, or the server ended the statement at its deadline."""


@contextlib.contextmanager
def enforced(alias: str, until: float) -> Iterator[None]:
    """Bound this thread's statements on the primary `alias` and its replicas by `until` (monotonic clock)."""

    def bounded(
        execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        try:
            with _timeout(context["connection"], until):
                return execute(sql, params, many, context)
        except OperationalError as error:
            if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
                raise Late("the statement was ended at its deadline") from error
            raise

    bound = [connections[name] for name in (alias, *settings.REPLICAS.get(alias, ()))]
    for connection in bound:
        connection.execute_wrappers.append(bounded)
    try:
        yield
    finally:
        # Django's own context manager would remove the last wrapper, which is another one when the connection was made
        # within the block (see `writes.watch_connection`).
        for connection in bound:
            connection.execute_wrappers.remove(bounded)


@contextlib.contextmanager
def _timeout(connection: BaseDatabaseWrapper, until: float) -> Iterator[None]:
    left_ms = int((until - time.monotonic()) * 1000)
    if left_ms < 1:
        raise Late("no time was left for the statement")
    if connection.in_atomic_block:
        # The transaction is the caller's: the setting must not outlive the statement in it.
        _send(connection, f"SET LOCAL statement_timeout = {left_ms}")
        yield
        _send(connection, "SET LOCAL statement_timeout TO DEFAULT")
        return
    # One round trip for both. The client has the results when the statement returns.
    _send(connection, f"BEGIN; SET LOCAL statement_timeout = {left_ms}")
    try:
        yield
    except BaseException:  # whatever it was, the transaction is rolled back before it goes on
        with contextlib.suppress(OperationalError):
            _send(connection, "ROLLBACK")
        raise
    _send(connection, "COMMIT")


def _send(connection: BaseDatabaseWrapper, statement: str) -> None:
    """Execute without Django's cursors, which would call the wrappers again."""
    with connection.wrap_database_errors:
        connection.connection.execute(statement)
