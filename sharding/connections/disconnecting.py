"""Breaks this process's connections to a server that does not answer.

No time-out of libpq ends the wait for an answer on a local socket; on the network it takes minutes."""

import contextlib
import os
import socket
import threading
import weakref
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

_connections: "weakref.WeakSet[BaseDatabaseWrapper]" = weakref.WeakSet()
_lock = threading.Lock()


def register_connection(*, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Receiver of `connection_created`: remember the connection, unless it belongs to a probe."""
    if not getattr(connection, "is_probe", False):
        with _lock:
            _connections.add(connection)


def disconnect(alias: str) -> int:
    """Break this process's connections to an alias; return how many.

    Threads that wait for an answer on them get an OperationalError at once, and may ask another server."""
    with _lock:
        open_ones = [connection for connection in _connections if connection.alias == alias]
    return sum(map(_shut_down, open_ones))


def _shut_down(connection: BaseDatabaseWrapper) -> bool:
    with contextlib.suppress(AttributeError, OSError, ValueError):  # closed by its own thread meanwhile
        raw = connection.connection
        number = raw.fileno()
        with socket.socket(fileno=os.dup(number)) as duplicate:
            # Before it was duplicated the file descriptor may have been reused for another socket; not if the
            # connection still has it now.
            if not raw.closed and raw.fileno() == number:
                duplicate.shutdown(socket.SHUT_RDWR)
                return True
    return False


def _begin_anew_in_child() -> None:
    # The connections are the parent's, and one of its threads may have held the lock.
    global _lock  # noqa: PLW0603 - the parent's may be held for ever
    _lock = threading.Lock()
    _connections.clear()


os.register_at_fork(after_in_child=_begin_anew_in_child)
