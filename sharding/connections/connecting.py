"""This thread's connections to many servers, made at the same time and by a deadline.

A server that is frozen lets nobody in and refuses nobody: whoever connects waits. So another thread does it for this
one, which goes on without that server when the time is over."""

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
    """The open connection to each alias, or why there is none: an error of the database's, or `Late`."""
    mine = {alias: connections[alias] for alias in aliases}
    closed = {alias: mine[alias] for alias in mine if mine[alias].connection is None}
    if not closed:
        return dict(mine)
    futures = {alias: _submit(connection) for alias, connection in closed.items()}
    wait(futures.values(), timeout=max(0.0, until - time.monotonic()))
    return {alias: _outcome(mine[alias], futures.get(alias)) for alias in mine}


def _outcome(
    connection: BaseDatabaseWrapper, future: "Future[None] | None"
) -> BaseDatabaseWrapper | Exception:
    if future is None:
        return connection
    if future.cancel() or not future.done():
        # The other thread still has it; this one gets a new one when it asks next.
        del connections[connection.alias]
        future.add_done_callback(lambda _: _close(connection))
        return Late(f"{connection.alias} let nobody in in time")
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
