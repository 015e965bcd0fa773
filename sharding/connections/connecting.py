"""Opens this thread's connections to many servers, at the same time and by a deadline.

A frozen server neither accepts nor refuses a connection: the client waits. Therefore other threads connect on behalf of
this one, which goes on without the server when its time is over."""

import contextlib
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import InterfaceError

from sharding.connections.deadline import Late

THREADS_PER_SERVER = 4

_pools: dict[str, ThreadPoolExecutor] = {}
_lock = threading.Lock()


def connect(aliases: Iterable[str], until: float) -> dict[str, BaseDatabaseWrapper | Exception]:
    """Connect to all aliases at once: {alias: its open connection, or the error}.

    `until` is a moment of the monotonic clock. The errors are a database's, or `Late`; all others are raised."""
    own = {alias: connections[alias] for alias in aliases}
    closed = {alias: own[alias] for alias in own if own[alias].connection is None}
    if not closed:
        return dict(own)
    futures = {alias: _submit(connection) for alias, connection in closed.items()}
    wait(futures.values(), timeout=max(0.0, until - time.monotonic()))
    return {alias: _outcome(own[alias], futures.get(alias)) for alias in own}


def _outcome(
    connection: BaseDatabaseWrapper, future: "Future[None] | None"
) -> BaseDatabaseWrapper | Exception:
    if future is None:
        return connection
    if future.cancel() or not future.done():
        # The other thread still uses it: this thread gets a new connection next time.
        del connections[connection.alias]
        future.add_done_callback(lambda _: _close(connection))
        return Late(f"{connection.alias} did not accept a connection in time")
    error = future.exception()
    if error is None:
        return connection
    if isinstance(error, (DatabaseError, InterfaceError)):
        return error
    raise error


def _submit(connection: BaseDatabaseWrapper) -> "Future[None]":
    with _lock:
        pool = _pools.get(connection.alias)
        if pool is None:
            pool = _pools[connection.alias] = ThreadPoolExecutor(
                THREADS_PER_SERVER, thread_name_prefix=f"open-{connection.alias}"
            )
    connection.inc_thread_sharing()
    return pool.submit(copy_context().run, connection.ensure_connection)


def _close(connection: BaseDatabaseWrapper) -> None:
    with contextlib.suppress(DatabaseError, InterfaceError):
        connection.close()
